"""Detection of photos without colours to learn from: gray, or toned in one tint.

Toned photos (sepia, selenium, cyanotype, duotone) are gray photos whose chroma is a function of
luma. For a dune or a sea under fog it nearly is, so the fit must be about as close as JPEG allows;
unevenly yellowed paper, which fits no better than those, isn't detected.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image

from colorcore import rgb_to_yuv

__all__ = ["TintFit", "is_gray", "is_toned", "lack_of_color", "may_be_toned", "tint_fit"]

_GRAY_CHROMA = 0.02  # five levels of 255: what JPEG makes of gray stays below
_GRAY_PERCENTILE = 99  # a few pixels may be coloured: a date stamp, noise
_EDGE_PX = 256
_GRID = 32  # cells along each edge: larger than JPEG's blocks, so that its noise averages out
_LEVELS = 32  # of luma, between which a tint is interpolated
_SMOOTHNESS = 1e-4  # weight of the second differences of the fitted curve
_MOST_CHROMA = 0.18  # of the 90th percentile; sunsets and blue skies have more, prints less
_QUICK_OFF = 0.014  # root mean square in a small copy, where few photos are below
_QUICK_CHROMA = 0.2
_LEAST_RANGE = 0.25  # of luma: with less, any chroma fits a curve of it
# The nearest photo in colour, a bird before one blue, has 0.0044 and 0.0064 (docs/experiments.md).
_MOST_OFF = 0.004
_FARTHEST_OFF = 0.006
_MOST_OFF_OF_CHROMA = 0.15


@dataclass(frozen=True)
class TintFit:
    """Distance of a photo from a gray one in a tint.

    Args:
        luma_range: from the 2nd to the 98th percentile, in [0, 1].
        chroma: the 90th percentile over the cells of a grid, in UV.
        most_off: distance from the curve, in UV or luma, that 95 % of the cells keep.
        farthest_off: the same of 99 %.
    """

    luma_range: float
    chroma: float
    most_off: float
    farthest_off: float


def lack_of_color(image: Image.Image) -> str:
    """Return ``gray`` or ``toned`` as the reason to reject a photo; "" for one in colour."""
    yuv = _small_yuv(image)
    chroma, gray_chroma = _high_chroma(yuv)
    if gray_chroma < _GRAY_CHROMA:
        return "gray"
    return "toned" if _may_be_toned(yuv, chroma) and is_toned(image) else ""


def is_gray(image: Image.Image) -> bool:
    """Whether 99 % of a small copy's pixels have chroma below 0.02, in any mode."""
    return bool(_high_chroma(_small_yuv(image))[1] < _GRAY_CHROMA)


def may_be_toned(image: Image.Image) -> bool:
    """Whether pixels of equal luma have similar chroma in a small copy, which is rare."""
    yuv = _small_yuv(image)
    return _may_be_toned(yuv, _high_chroma(yuv)[0])


def is_toned(image: Image.Image) -> bool:
    """Whether the chroma of nearly all pixels is one curve of their luma."""
    fit = tint_fit(image)
    bound = min(_MOST_OFF, _MOST_OFF_OF_CHROMA * fit.chroma)
    of_a_print = fit.luma_range >= _LEAST_RANGE and fit.chroma <= _MOST_CHROMA
    return of_a_print and fit.most_off < bound and fit.farthest_off < _FARTHEST_OFF


def tint_fit(image: Image.Image) -> TintFit:
    """Fit a curve from luma to chroma to a photo, and measure the distances from it."""
    small = image.reduce(max(1, min(image.size) // _EDGE_PX))
    yuv = rgb_to_yuv(np.asarray(small, dtype=np.float32) / 255)
    low, high = np.percentile(yuv[..., 0], (2, 98))
    levels, uv = _cells(yuv)
    bent = np.diff(np.eye(_LEVELS), n=2, axis=0)  # a straight line where there are no cells
    normal = levels.T @ levels / len(levels) + _SMOOTHNESS * bent.T @ bent + 1e-9 * np.eye(_LEVELS)
    curve = np.linalg.solve(normal, levels.T @ uv / len(levels))
    slope = levels @ _length(np.gradient(curve, 1 / (_LEVELS - 1), axis=0))
    # Luma is as uncertain as chroma; so is the curve where the tint changes fast with luma, as at
    # clipped lights.
    most, farthest = np.percentile(_length(uv - levels @ curve) / (1 + slope), (95, 99))
    chroma = np.percentile(_length(uv), 90)
    return TintFit(float(high - low), float(chroma), float(most), float(farthest))


def _small_yuv(image: Image.Image) -> Float[np.ndarray, "p 3"]:
    small = image.resize((64, 64), Image.Resampling.BOX)
    return np.asarray(rgb_to_yuv(np.asarray(small, dtype=np.float32).reshape(-1, 3) / 255))


def _high_chroma(yuv: Float[np.ndarray, "p 3"]) -> Float[np.ndarray, "2"]:
    """Return the 90th percentile of the chroma, and that by which gray is detected."""
    return np.percentile(_length(yuv[:, 1:]), (90, _GRAY_PERCENTILE))


def _may_be_toned(yuv: Float[np.ndarray, "p 3"], chroma: float) -> bool:
    if chroma > _QUICK_CHROMA:
        return False
    level = np.rint(yuv[:, 0] * (_LEVELS - 1)).astype(np.intp)
    counts = np.maximum(np.bincount(level, minlength=_LEVELS), 1)
    means = np.stack([np.bincount(level, yuv[:, axis], _LEVELS) / counts for axis in (1, 2)], -1)
    return bool(np.square(yuv[:, 1:] - means[level]).sum(-1).mean() < _QUICK_OFF**2)


def _cells(yuv: Float[np.ndarray, "h w 3"]) -> tuple[Float[np.ndarray, "n l"], np.ndarray]:
    """Return each cell's shares of the levels of luma (n, l) and its mean U and V (n, 2).

    The shares are the mean of those of its pixels, so that a cell with light and dark in it is
    held against the mean of their tints and not the tint of their mean.
    """
    rows, columns = (np.arange(size) * _GRID // size for size in yuv.shape[:2])
    cell = (rows[:, None] * _GRID + columns).ravel()
    place = np.clip(yuv[..., 0].ravel(), 0, 1) * (_LEVELS - 1)
    below = np.minimum(place.astype(np.intp), _LEVELS - 2)
    above = place - below
    size = _GRID * _GRID
    index = cell * _LEVELS + below
    shares = np.bincount(index, 1 - above, size * _LEVELS)
    shares += np.bincount(index + 1, above, size * _LEVELS)
    sums = np.stack([np.bincount(cell, yuv[..., axis].ravel(), size) for axis in (1, 2)], -1)
    counts = np.bincount(cell, minlength=size)[:, None]
    there = counts[:, 0] > 0
    return (shares.reshape(size, _LEVELS) / np.maximum(counts, 1))[there], (
        sums[there] / counts[there]
    )


def _length(uv: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    return np.hypot(uv[:, 0], uv[:, 1])
