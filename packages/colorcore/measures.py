"""Measures of colourisation that are pure maths.

Counts (bins, confusions, hue families) add up over images; a share is taken at the end.
Colours are U and V unless a name says otherwise.
"""

import math
from typing import Any

import array_api_compat
import numpy as np
from jaxtyping import Float, Integer

from colorcore._arrays import array_namespace, require_last_axis, weighted_mean
from colorcore.yuv import rgb_to_yuv

GRID_STRIDES = (8, 16, 32)  # of the levels of a U-Net, whose borders can show in the colours
HUE_SECTORS = 12
HUE_FAMILIES = ("red", "orange", "yellow-green", "green", "cyan-blue", "violet")
# Where a family begins, as the fully saturated sRGB colour there: HSV hues 345°, 15°, 45°, 90°,
# 165° and 255°.
_FAMILY_STARTS_RGB = np.array(
    [[1, 0, 0.25], [1, 0.25, 0], [1, 0.75, 0], [0.5, 1, 0], [0, 1, 0.75], [0.25, 0, 1]]
)
_COLORED = 0.03  # chroma above which a predicted or counted pixel is called coloured
_CLEARLY_COLORED = 0.05  # chroma above which the truth's hue is compared
_GRAY = 0.02  # chroma below which a true pixel is called gray
_GRAY_ENOUGH = 0.05  # chroma below which what is predicted for it still looks gray
_SKIN_U, _SKIN_V = (-0.174, -0.003), (0.024, 0.217)
_SKIN_HUE, _SKIN_HUE_TOLERANCE = math.radians(123), math.radians(30)  # 123° is YIQ's I axis
_SKIN_LUMA = (0.2, 0.95)  # darker and lighter skin has no measurable hue
_NOTICED_SHARE = 0.01  # a colour on 1 % of the pixels is one that is seen
_HUE_TOLERANCE = math.pi / 4
AUC_LIMIT = 150.0  # Zhang et al. 2016: thresholds 0 to 150 in ab


def bin_counts(bins: Integer[Any, "*shape"], n: int) -> Integer[Any, "n"]:
    """Return how many pixels each of the ``n`` bins has; ids outside 0…n−1 are left out."""
    xp = array_namespace(bins)
    flat = xp.reshape(xp.astype(bins, xp.int64), (-1,))
    flat = flat[(flat >= 0) & (flat < n)]
    return _bincount(flat, n)


def effective_colors(counts: Integer[Any, "n"]) -> float:
    """Return exp(entropy) of a bin histogram: 1 for one colour, n for n equal ones."""
    counts_np = np.asarray(counts, dtype=np.float64)
    if counts_np.sum() <= 0:
        raise ValueError("effective colors: expected counts with pixels in them, given none")
    share = counts_np[counts_np > 0] / counts_np.sum()
    return float(np.exp(-np.sum(share * np.log(share))))


def distinct_colors(counts: Integer[Any, "n"]) -> int:
    """Return how many bins have at least 1 % of the pixels."""
    counts_np = np.asarray(counts, dtype=np.float64)
    return int(np.sum(counts_np >= _NOTICED_SHARE * counts_np.sum())) if counts_np.sum() > 0 else 0


def top_two_mass(counts: Integer[Any, "n"]) -> float:
    """Return the share of the pixels in the two fullest bins."""
    counts_np = np.sort(np.asarray(counts, dtype=np.float64))
    return float(counts_np[-2:].sum() / counts_np.sum())


def colorfulness(rgb: Float[Any, "*shape 3"]) -> float:
    """Return Hasler & Süsstrunk's M of one image: √(σ²rg + σ²yb) + 0.3·√(μ²rg + μ²yb).

    The signed variant (rg = R − G, yb = (R + G)/2 − B) on the scale of 0…255; ``rgb`` in [0, 1].
    """
    require_last_axis(rgb, 3, "rgb")
    xp = array_namespace(rgb)
    scaled = rgb * 255.0
    rg = scaled[..., 0] - scaled[..., 1]
    yb = 0.5 * (scaled[..., 0] + scaled[..., 1]) - scaled[..., 2]
    spread = math.hypot(float(xp.std(rg)), float(xp.std(yb)))
    return spread + 0.3 * math.hypot(float(xp.mean(rg)), float(xp.mean(yb)))


def chroma_spread(uv: Float[Any, "*shape 2"]) -> float:
    """Return √ trace cov(U, V) of one image, or of the mean colours of many."""
    require_last_axis(uv, 2, "uv")
    xp = array_namespace(uv)
    return math.sqrt(float(xp.var(uv[..., 0])) + float(xp.var(uv[..., 1])))


def hue_coverage(uv: Float[Any, "*shape 2"]) -> float:
    """Return the share of 12 hue sectors in which ≥ 1 % of the pixels lie with chroma > 0.03."""
    require_last_axis(uv, 2, "uv")
    xp = array_namespace(uv)
    u, v = xp.reshape(uv[..., 0], (-1,)), xp.reshape(uv[..., 1], (-1,))
    sector = xp.floor((xp.atan2(v, u) + math.pi) * (HUE_SECTORS / (2 * math.pi)))
    sector = xp.astype(xp.clip(sector, 0, HUE_SECTORS - 1), xp.int64)
    counts = np.asarray(_bincount(sector[xp.hypot(u, v) > _COLORED], HUE_SECTORS))
    return float(np.mean(counts >= _NOTICED_SHARE * u.shape[0]))


def grid_steps(
    uv: Float[Any, "height width 2"],
) -> tuple[Float[np.ndarray, "3 2"], Integer[np.ndarray, "3 2"]]:
    """Return (sums, counts) of the chroma steps on the borders of a grid and between them.

    A step is the distance in UV of two neighbours in a row or column. A row for each of
    ``GRID_STRIDES``; the first column has the steps across the grid's lines (from pixel
    k·stride − 1 to k·stride), the second all others. Both add up over images, and ``grid_ratios``
    compares them.
    """
    require_last_axis(uv, 2, "uv")
    colors = np.asarray(uv, dtype=np.float64)
    sums, counts = (
        np.zeros((len(GRID_STRIDES), 2)),
        np.zeros((len(GRID_STRIDES), 2), dtype=np.int64),
    )
    for axis in (0, 1):
        steps = np.linalg.norm(np.diff(colors, axis=axis), axis=-1)
        line_sums, length = steps.sum(axis=1 - axis), steps.shape[1 - axis]
        for row, stride in enumerate(GRID_STRIDES):
            on_border = np.arange(1, len(line_sums) + 1) % stride == 0
            sums[row] += line_sums[on_border].sum(), line_sums[~on_border].sum()
            counts[row] += on_border.sum() * length, (~on_border).sum() * length
    return sums, counts


def grid_ratios(
    sums: Float[np.ndarray, "3 2"], counts: Integer[np.ndarray, "3 2"]
) -> Float[np.ndarray, "3"]:
    """Return the mean step on the grid's lines, as a multiple of that between; 1 shows no grid.

    NaN for a stride that the images are too small for, and where there are no steps at all.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.asarray(sums) / np.asarray(counts)
        return np.asarray(means[:, 0] / means[:, 1])


def hue_families(uv: Float[Any, "*shape 2"]) -> Integer[Any, "*shape"]:
    """Return the index into ``HUE_FAMILIES`` of each colour's hue (of gray too: mask by chroma)."""
    require_last_axis(uv, 2, "uv")
    xp = array_namespace(uv)
    starts = rgb_to_yuv(_FAMILY_STARTS_RGB)[:, 1:]
    angles = np.arctan2(starts[:, 1], starts[:, 0])
    angle = xp.atan2(uv[..., 1], uv[..., 0]) - float(angles[0])
    angle = xp.remainder(angle, 2 * math.pi)
    family = xp.zeros_like(angle, dtype=xp.int64)
    for start in np.mod(angles[1:] - angles[0], 2 * math.pi):
        family = family + xp.asarray(angle >= float(start), dtype=xp.int64)
    return family


def hue_family_counts(
    predicted: Float[Any, "*shape 2"], truth: Float[Any, "*shape 2"]
) -> tuple[Integer[Any, "6"], Integer[Any, "6"]]:
    """Return (hits, pixels) of each hue family among the pixels of true chroma > 0.05.

    A hit has chroma > 0.03 and a hue within 45° of the truth. Recall is hits / pixels.
    """
    require_last_axis(predicted, 2, "predicted")
    require_last_axis(truth, 2, "truth")
    xp = array_namespace(predicted, truth)
    chroma, true_chroma = (xp.hypot(x[..., 0], x[..., 1]) for x in (predicted, truth))
    colored = true_chroma > _CLEARLY_COLORED
    cosine = predicted[..., 0] * truth[..., 0] + predicted[..., 1] * truth[..., 1]
    hit = colored & (chroma > _COLORED)
    hit = hit & (cosine >= math.cos(_HUE_TOLERANCE) * chroma * true_chroma)
    family = hue_families(truth)
    return _bincount(family[hit], 6), _bincount(family[colored], 6)


def gray_counts(
    predicted: Float[Any, "*shape 2"], truth: Float[Any, "*shape 2"]
) -> tuple[int, int]:
    """Return (hits, pixels) of the pixels of true chroma < 0.02; a hit has chroma < 0.05."""
    require_last_axis(predicted, 2, "predicted")
    require_last_axis(truth, 2, "truth")
    xp = array_namespace(predicted, truth)
    chroma, true_chroma = (xp.hypot(x[..., 0], x[..., 1]) for x in (predicted, truth))
    gray = true_chroma < _GRAY
    return int(xp.sum(gray & (chroma < _GRAY_ENOUGH))), int(xp.sum(gray))


def skin_counts(
    predicted: Float[Any, "*shape 2"],
    truth: Float[Any, "*shape 2"],
    luma: Float[Any, "*shape"],
) -> tuple[int, int, int]:
    """Return (hits, grays, pixels) of the pixels whose true colour may be that of skin.

    Those lie in the box of Chai & Ngan 1999 (Cb 77 to 127, Cr 133 to 173: U -0.174 to -0.003, V
    0.024 to 0.217), have a hue within 30° of YIQ's I axis, on which skin of every tone lies, a
    chroma above 0.05 and a luma of 0.2 to 0.95. A hit has such a hue too at chroma > 0.03; gray has
    chroma of at most 0.03.
    """
    require_last_axis(predicted, 2, "predicted")
    require_last_axis(truth, 2, "truth")
    xp = array_namespace(predicted, truth, luma)
    u, v = truth[..., 0], truth[..., 1]
    skin = (u >= _SKIN_U[0]) & (u <= _SKIN_U[1]) & (v >= _SKIN_V[0]) & (v <= _SKIN_V[1])
    skin = skin & (luma >= _SKIN_LUMA[0]) & (luma <= _SKIN_LUMA[1])
    skin = skin & _has_skin_hue(truth, _CLEARLY_COLORED)
    hit = skin & _has_skin_hue(predicted, _COLORED)
    gray = skin & (xp.hypot(predicted[..., 0], predicted[..., 1]) <= _COLORED)
    return int(xp.sum(hit)), int(xp.sum(gray)), int(xp.sum(skin))


def _has_skin_hue(uv: Float[Any, "*shape 2"], least_chroma: float) -> Any:
    xp = array_namespace(uv)
    chroma = xp.hypot(uv[..., 0], uv[..., 1])
    along = uv[..., 0] * math.cos(_SKIN_HUE) + uv[..., 1] * math.sin(_SKIN_HUE)
    return (chroma > least_chroma) & (along >= math.cos(_SKIN_HUE_TOLERANCE) * chroma)


def confusion_counts(
    predicted: Integer[Any, "*shape"], truth: Integer[Any, "*shape"], n: int
) -> Integer[Any, "n n"]:
    """Return how many pixels of true bin (row) were given which bin (column); others left out."""
    xp = array_namespace(predicted, truth)
    rows = xp.reshape(xp.astype(truth, xp.int64), (-1,))
    columns = xp.reshape(xp.astype(predicted, xp.int64), (-1,))
    known = (rows >= 0) & (rows < n) & (columns >= 0) & (columns < n)
    return xp.reshape(_bincount(rows[known] * n + columns[known], n * n), (n, n))


def macro_recall(hits: Integer[Any, "n"], pixels: Integer[Any, "n"]) -> float:
    """Return the mean of hits / pixels over the classes (bins, hue families) that have pixels.

    Of a confusion, ``hits`` is the diagonal and ``pixels`` are the sums of the rows.
    """
    hits_np, pixels_np = (np.asarray(counts, dtype=np.float64) for counts in (hits, pixels))
    present = pixels_np > 0
    if not present.any():
        raise ValueError("macro recall: expected classes with pixels in them, given none")
    return float(np.mean(hits_np[present] / pixels_np[present]))


def area_under_error_curve(
    errors: Float[Any, "*shape"], weights: Float[Any, "*shape"] | None = None
) -> float:
    """Return the area under the share of pixels within t of the truth, t from 0 to 150 in ab.

    1 is perfect. The integral of a cumulative curve up to L is L − mean(min(error, L)), so no
    thresholds are stepped through. ``errors`` may be means over groups of pixels, each error cut at
    ``AUC_LIMIT`` before: weighted by the pixels of each it is Zhang's plain area, alike for every
    bin his class-balanced one.
    """
    xp = array_namespace(errors)
    if weights is None:
        weights = xp.ones_like(errors)
    return 1 - weighted_mean(xp.clip(errors, 0.0, AUC_LIMIT), weights) / AUC_LIMIT


def row_correlation(uv: Float[Any, "height width 2"]) -> tuple[float, float]:
    """Return Pearson's r of U and of V with the row: a memorized layout shows on gray input.

    A channel that doesn't vary has r = 0.
    """
    require_last_axis(uv, 2, "uv")
    xp = array_namespace(uv)
    rows = np.arange(uv.shape[0], dtype=np.float64)
    means = np.asarray(xp.mean(uv, axis=1), dtype=np.float64)
    spreads = [float(xp.std(uv[..., channel])) for channel in range(2)]
    covariances = [float(np.mean((rows - rows.mean()) * means[:, channel])) for channel in range(2)]
    u, v = (
        covariance / (rows.std() * spread) if spread > 1e-9 and len(rows) > 1 else 0.0
        for covariance, spread in zip(covariances, spreads, strict=True)
    )
    return u, v


def psnr(first: Float[Any, "*shape"], second: Float[Any, "*shape"]) -> float:
    """Return 10·log₁₀(1 / MSE) in dB of two arrays in [0, 1]; infinity where they are equal."""
    xp = array_namespace(first, second)
    error = float(xp.mean((first - second) ** 2))
    return 10 * math.log10(1 / error) if error > 0 else math.inf


def _bincount(ids: Integer[Any, "m"], n: int) -> Integer[Any, "n"]:
    # The array API standard has no bincount; both libraries have the same one.
    xp = array_namespace(ids)
    if array_api_compat.is_torch_namespace(xp):
        return ids.bincount(minlength=n)
    return np.bincount(ids, minlength=n)
