"""All figures of one image under one variant of its colours."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int

from colorcore import IGNORE_BIN
from colorcore.measures import (
    AUC_LIMIT,
    GRID_STRIDES,
    bin_counts,
    gray_counts,
    grid_steps,
    hue_family_counts,
    skin_counts,
)
from trainer.evaluation.colors import Colors
from trainer.evaluation.measure_kind import LAB, STRUCTURE
from trainer.evaluation.measures import IMAGE_FIGURES
from trainer.evaluation.pool import Table, stacked

_NO_GRID = np.zeros((len(GRID_STRIDES), 2)), np.zeros((len(GRID_STRIDES), 2), dtype=np.int64)


@dataclass(frozen=True)
class ImageMeasures:
    """Figures of one image; vectors are per bin or hue family, and add up over images.

    ``hits`` and ``errors`` go by the *true* bin: pixels given it, and the sum of their error in ab,
    cut at 150; ``grid_sums`` and ``grid_counts`` are of ``grid_steps``. ``values`` has each of
    ``IMAGE_FIGURES`` by name.
    """

    counts: Int[np.ndarray, "n"]
    hits: Int[np.ndarray, "n"]
    errors: Float[np.ndarray, "n"]
    family_hits: Int[np.ndarray, "6"]
    family_pixels: Int[np.ndarray, "6"]
    gray_hits: int
    gray_pixels: int
    skin_hits: int
    skin_grays: int
    skin_pixels: int
    grid_sums: Float[np.ndarray, "3 2"]
    grid_counts: Int[np.ndarray, "3 2"]
    mean_uv: Float[np.ndarray, "2"]
    values: Mapping[str, float]


def table(images: Sequence[ImageMeasures]) -> Table:
    """Return each figure of all images as one array, images first."""
    counted = [field.name for field in fields(ImageMeasures) if field.name != "values"]
    return stacked([{n: getattr(i, n) for n in counted} | dict(i.values) for i in images])


def measure(
    colors: Colors, truth: Colors, n: int, *, structure: bool = True, lab: bool = True
) -> ImageMeasures:
    """Measure one image against its truth.

    Args:
        colors: what is measured.
        truth: what it is compared with.
        n: bins of the palette.
        structure: also what compares structure, as SSIM does (NaN otherwise).
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
    skin = skin_counts(colors.uv, truth.uv, truth.luma)
    grid_sums, grid_counts = grid_steps(colors.uv) if structure else _NO_GRID
    wanted = {"", *([STRUCTURE] if structure else []), *([LAB] if lab else [])}
    return ImageMeasures(
        counts=counts,
        hits=bin_counts(np.where(given_bins == true_bins, true_bins, IGNORE_BIN), n),
        errors=_errors(colors, truth, n) if lab else np.full(n, np.nan),
        family_hits=hits,
        family_pixels=pixels,
        gray_hits=grays,
        gray_pixels=gray_pixels,
        skin_hits=skin[0],
        skin_grays=skin[1],
        skin_pixels=skin[2],
        grid_sums=grid_sums,
        grid_counts=grid_counts,
        mean_uv=colors.uv.reshape(-1, 2).mean(axis=0, dtype=np.float64),
        values={
            name: figure.of(colors, truth, counts) if figure.needs in wanted else math.nan
            for name, figure in IMAGE_FIGURES.items()
        },
    )


def _errors(colors: Colors, truth: Colors, n: int) -> Float[np.ndarray, "n"]:
    apart = (colors.lab[..., 1:] - truth.lab[..., 1:]).reshape(-1, 2)
    errors = np.minimum(np.hypot(apart[:, 0], apart[:, 1]), AUC_LIMIT)
    bins = truth.bins.ravel().astype(np.int64)
    known = bins < n
    return np.bincount(bins[known], weights=errors[known], minlength=n)
