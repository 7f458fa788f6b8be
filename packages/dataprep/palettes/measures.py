"""Measures of candidate palettes, and the uncertainty of a prior."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from colorcore import Palette
from colorcore.measures import bin_counts
from dataprep.palettes.ceiling import ImageCeiling, image_ceiling
from dataprep.palettes.pixel_batches import PixelBatch
from dataprep.photos.color_counts import difference_index, difference_table
from dataprep.photos.splits import keyed_hash

MEASURED_PHOTOS = 512
MEASURED_SIZE = 128  # shorter edge: a quarter of the work, and shares of colour hardly differ
_BLOCKS = 32
_GOAL = 0.02  # a prior 2 % off moves the weights less than a change of λ by 0.01 does


@dataclass(frozen=True)
class PriorError:
    """Error of a prior against other photos, by number of photos.

    The error is the total variation distance: the share of pixels that would have to change bins.

    Args:
        photos: how many, doubling.
        errors: expected errors of priors from so many: the median over disjoint sets against the
            other measured photos, less the error of those.
        now: expected error with the palette's own photos; None for a single photo.
        photos_enough: for an error of 2 %; errors fall with the square root of the count.
    """

    photos: list[int] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    now: float | None = None
    photos_enough: int = 0


@dataclass(frozen=True)
class PhotoMeasures:
    """One photo under several palettes: ceiling and pixels of each bin, by palette."""

    key: str
    ceilings: Mapping[str, ImageCeiling]
    bin_counts: Mapping[str, Int[np.ndarray, "n"]]


def measure_batch(batch: PixelBatch, *, palettes: Mapping[str, Palette]) -> list[PhotoMeasures]:
    """Measure every photo of a batch under every palette."""
    tables = {name: difference_table(palette) for name, palette in palettes.items()}
    return [
        _measure(key, pixels, palettes, tables) for key, pixels in batch.images(MEASURED_SIZE, {})
    ]


def prior_error(counts: Int[np.ndarray, "photos n"], learnt_from: int) -> PriorError:
    """Measure how the prior's error falls with the number of photos.

    Args:
        counts: pixels of each bin, a row per photo, in random order.
        learnt_from: number of photos that the palette was learned from.
    """
    total = counts.sum(axis=0)
    sizes, errors = [], []
    size = 1
    while size <= len(counts) // 2:
        blocks = min(_BLOCKS, len(counts) // size)
        parts = [counts[b * size : (b + 1) * size].sum(axis=0) for b in range(blocks)]
        distance = float(np.median([_distance(part, total - part) for part in parts]))
        # The variances of both sides add up: 1/size of it is the part's own.
        own = (1 / size) / (1 / size + 1 / (len(counts) - size))
        errors.append(float(distance * np.sqrt(own)))
        sizes.append(size)
        size *= 2
    if not sizes:
        return PriorError()
    # error ≈ slope / √photos; the larger half of the sizes extrapolates best
    slopes = [error * np.sqrt(size) for size, error in zip(sizes, errors, strict=True)]
    slope = float(np.median(slopes[len(slopes) // 2 :]))
    return PriorError(
        photos=sizes,
        errors=errors,
        now=float(slope / np.sqrt(max(1, learnt_from))),
        photos_enough=int(np.ceil((slope / _GOAL) ** 2)),
    )


def in_keyed_order(measured: Sequence[PhotoMeasures]) -> list[PhotoMeasures]:
    """Return the photos in an order independent of folder and time."""
    return sorted(measured, key=lambda photo: keyed_hash("measure", photo.key))


def _measure(
    key: str,
    image: Image.Image,
    palettes: Mapping[str, Palette],
    tables: Mapping[str, UInt8[np.ndarray, "261632"]],
) -> PhotoMeasures:
    rgb, index = np.asarray(image), difference_index(image)
    bins = {name: table[index].reshape(rgb.shape[:2]) for name, table in tables.items()}
    return PhotoMeasures(
        key,
        {name: image_ceiling(rgb, bins[name], palette) for name, palette in palettes.items()},
        {name: bin_counts(bins[name], palette.n) for name, palette in palettes.items()},
    )


def _distance(first: Float[np.ndarray, "n"], second: Float[np.ndarray, "n"]) -> float:
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)
