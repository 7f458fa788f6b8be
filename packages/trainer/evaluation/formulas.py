"""Formulas of measures beyond a median or a mean over images."""

import math
from collections.abc import Callable

import numpy as np

from colorcore.measures import (
    area_under_error_curve,
    chroma_spread,
    grid_ratios,
    macro_recall,
    top_two_mass,
)
from trainer.evaluation.pool import Pool, ratio

_SEEN_SHARE = 0.01  # of the pixels: a bin with fewer isn't seen


def top_two(pool: Pool) -> float:
    """Return the share of all pixels in the two fullest bins."""
    counts = pool.total("counts")
    return top_two_mass(counts) if counts.any() else math.nan


def largest_excess(pool: Pool) -> float:
    """Return the largest share of a bin over its share in truth."""
    counts, true_counts = pool.total("counts"), pool.total("counts", "truth")
    if not counts.any() or not true_counts.any():
        return math.nan
    share, true_share = counts / counts.sum(), true_counts / true_counts.sum()
    seen = (share >= _SEEN_SHARE) | (true_share >= _SEEN_SHARE)
    floor = 1 / true_counts.sum()  # a bin that truth lacks altogether counts as one pixel of it
    return float(np.max(share[seen] / np.maximum(true_share[seen], floor)))


def spread_of_means(pool: Pool) -> float:
    """Return the spread of the images' mean colours, relative to truth's."""
    return ratio(chroma_spread(pool.each("mean_uv")), chroma_spread(pool.each("mean_uv", "truth")))


def family_recall(number: int) -> Callable[[Pool], float]:
    """Return the formula of the recall of one hue family."""
    return lambda pool: ratio(
        float(pool.total("family_hits")[number]), float(pool.total("family_pixels")[number])
    )


def grid(pool: Pool) -> float:
    """Return the largest excess of chroma steps at a network's strides, over quantised truth's.

    Quantised truth is of the photo before its crop was stored as a JPEG, whose blocks are a grid.
    """
    own, reference = (
        grid_ratios(pool.total("grid_sums", of), pool.total("grid_counts", of))
        for of in ("measured", "ceiling")
    )
    known = np.isfinite(own) & (reference > 0)
    return float(np.max(own[known] / reference[known])) if known.any() else math.nan


def mean_family_recall(pool: Pool) -> float:
    """Return the mean recall of the hue families that truth has."""
    hits, pixels = pool.total("family_hits"), pool.total("family_pixels")
    return macro_recall(hits, pixels) if pixels.any() else math.nan


def bin_recall(pool: Pool) -> float:
    """Return the mean recall of the bins that truth has."""
    pixels = pool.total("counts", "truth")
    return macro_recall(pool.total("hits"), pixels) if pixels.any() else math.nan


def area(pool: Pool, *, balanced: bool) -> float:
    """Return the area under the curve of pixels within a distance of the truth."""
    pixels = pool.total("counts", "truth")
    present = pixels > 0
    if not present.any():
        return math.nan
    errors = pool.total("errors")[present] / pixels[present]
    return area_under_error_curve(errors, None if balanced else pixels[present].astype(float))
