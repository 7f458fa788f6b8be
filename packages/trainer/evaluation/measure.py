"""All measures of one image under one variant of its colours."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, UInt8

from colorcore import IGNORE_BIN, Palette, bins_to_uv, ciede2000, rgb_to_lab, rgb_to_yuv, uv_to_bins
from colorcore.measures import (
    AUC_LIMIT,
    bin_counts,
    chroma_spread,
    colorfulness,
    distinct_colors,
    effective_colors,
    gray_counts,
    hue_coverage,
    hue_family_counts,
    psnr,
)
from colorunet.coloring.gamut_mapping import compose_rgb
from trainer.evaluation.structural import ssim

_WHEEL_CHROMA = 0.03  # below it a hue can't be seen
WHEEL_SECTORS = 36


@dataclass(frozen=True)
class Colors:
    """The colours of one image: as decoded (``uv``), as bins, and as shown (``rgb`` in [0, 1])."""

    uv: Float[np.ndarray, "h w 2"]
    bins: Int[np.ndarray, "h w"]
    rgb: Float[np.ndarray, "h w 3"]

    @cached_property
    def lab(self) -> Float[np.ndarray, "h w 3"]:
        """L*a*b* of what is shown."""
        return rgb_to_lab(self.rgb)

    def thinned(self, step: int) -> "Colors":
        """Every ``step``-th pixel along both axes: the same colours at a fraction of the cost."""
        return Colors(*(a[::step, ::step] for a in (self.uv, self.bins, self.rgb)))


@dataclass(frozen=True)
class ImageMeasures:
    """What one image says; vectors are per bin of the palette or per hue family, and add up.

    ``hits`` and ``errors`` go by the *true* bin: pixels given it, and the sum of their error in ab,
    cut at 150.
    """

    counts: Int[np.ndarray, "n"]
    hits: Int[np.ndarray, "n"]
    errors: Float[np.ndarray, "n"]
    family_hits: Int[np.ndarray, "6"]
    family_pixels: Int[np.ndarray, "6"]
    gray_hits: int
    gray_pixels: int
    mean_uv: Float[np.ndarray, "2"]
    effective_colors: float
    distinct_colors: float
    colorfulness: float
    chroma_spread: float
    hue_coverage: float
    ciede2000: float
    psnr: float
    ssim: float


def true_colors(
    luma: UInt8[np.ndarray, "h w"],
    bins: UInt8[np.ndarray, "h w"],
    rgb: UInt8[np.ndarray, "h w 3"] | None,
    palette: Palette,
) -> Colors:
    """Return the truth of a sample: its colour crop, or its bins' colours where none was kept."""
    if rgb is None:
        return quantized_colors(luma, bins, palette)
    shown = rgb.astype(np.float32) / 255
    return Colors(uv=rgb_to_yuv(shown)[..., 1:], bins=bins, rgb=shown)


def quantized_colors(
    luma: UInt8[np.ndarray, "h w"], bins: UInt8[np.ndarray, "h w"], palette: Palette
) -> Colors:
    """Return the truth as its bins' centres say it: the best this palette can do.

    A pixel with the ignore id is shown gray and takes no part where bins are counted.
    """
    known = bins != IGNORE_BIN
    uv = bins_to_uv(np.where(known, bins, 0), palette).astype(np.float32) * known[..., None]
    return Colors(uv=uv, bins=bins, rgb=compose_rgb(luma.astype(np.float32) / 255, uv))


def decoded_colors(
    luma: UInt8[np.ndarray, "h w"], uv: Float[np.ndarray, "h w 2"], palette: Palette
) -> Colors:
    """Return a prediction's colours; bins are those of the decoded U and V."""
    uv = np.asarray(uv, dtype=np.float32)
    shown = compose_rgb(luma.astype(np.float32) / 255, uv)
    return Colors(uv=uv, bins=uv_to_bins(uv, palette), rgb=shown)


def constant_colors(
    luma: UInt8[np.ndarray, "h w"], color: Float[np.ndarray, "2"], palette: Palette
) -> Colors:
    """Return one U and V for every pixel: the baselines gray, mean and most frequent bin."""
    uv = np.broadcast_to(np.asarray(color, dtype=np.float32), (*luma.shape, 2))
    chosen = int(uv_to_bins(np.asarray(color, dtype=np.float64)[None], palette)[0])
    shown = compose_rgb(luma.astype(np.float32) / 255, uv)
    return Colors(uv=uv, bins=np.full(luma.shape, chosen), rgb=shown)


def measure(
    colors: Colors, truth: Colors, n: int, *, structure: bool = True, lab: bool = True
) -> ImageMeasures:
    """Measure one image against its truth.

    Args:
        colors: what is measured.
        truth: what it is held against.
        n: bins of the palette.
        structure: also SSIM (NaN otherwise).
        lab: also the errors in L*a*b*, which cost the most (NaN otherwise).
    """
    true_bins = truth.bins.ravel().astype(np.int64)
    given_bins = colors.bins.ravel().astype(np.int64)
    known = true_bins < n
    counts = bin_counts(np.where(known, given_bins, IGNORE_BIN), n)
    hits, pixels = hue_family_counts(colors.uv, truth.uv)
    grays, gray_pixels = gray_counts(
        colors.uv.reshape(-1, 2)[known], truth.uv.reshape(-1, 2)[known]
    )
    return ImageMeasures(
        counts=counts,
        hits=bin_counts(np.where(given_bins == true_bins, true_bins, IGNORE_BIN), n),
        errors=_errors(colors, truth, n) if lab else np.full(n, np.nan),
        family_hits=hits,
        family_pixels=pixels,
        gray_hits=grays,
        gray_pixels=gray_pixels,
        mean_uv=colors.uv.reshape(-1, 2).mean(axis=0, dtype=np.float64),
        effective_colors=effective_colors(counts) if counts.any() else float("nan"),
        distinct_colors=float(distinct_colors(counts)),
        colorfulness=colorfulness(colors.rgb),
        chroma_spread=chroma_spread(colors.uv),
        hue_coverage=hue_coverage(colors.uv),
        ciede2000=_ciede2000(colors, truth) if lab else float("nan"),
        psnr=psnr(colors.rgb, truth.rgb),
        ssim=_ssim(colors, truth) if structure else float("nan"),
    )


def _errors(colors: Colors, truth: Colors, n: int) -> Float[np.ndarray, "n"]:
    apart = (colors.lab[..., 1:] - truth.lab[..., 1:]).reshape(-1, 2)
    errors = np.minimum(np.hypot(apart[:, 0], apart[:, 1]), AUC_LIMIT)
    bins = truth.bins.ravel().astype(np.int64)
    known = bins < n
    return np.bincount(bins[known], weights=errors[known], minlength=n)


def _ciede2000(colors: Colors, truth: Colors) -> float:
    return 0.0 if colors is truth else float(ciede2000(colors.lab, truth.lab).mean())


def _ssim(colors: Colors, truth: Colors) -> float:
    return 1.0 if colors is truth else ssim(colors.rgb, truth.rgb)


def hue_wheel(uv: Float[np.ndarray, "h w 2"]) -> Int[np.ndarray, "36"]:
    """Return how many visibly coloured pixels lie in each of 36 hue sectors from −π on."""
    u, v = uv[..., 0].ravel(), uv[..., 1].ravel()
    colored = np.hypot(u, v) > _WHEEL_CHROMA
    turn = (np.arctan2(v[colored], u[colored]) + np.pi) / (2 * np.pi)
    sector = np.minimum((turn * WHEEL_SECTORS).astype(np.int64), WHEEL_SECTORS - 1)
    return np.bincount(sector, minlength=WHEEL_SECTORS)
