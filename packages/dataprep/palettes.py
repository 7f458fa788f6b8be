"""Learning a palette from photos or shards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np

from colorcore import (
    MAX_BINS,
    Palette,
    UvGrid,
    grid_palette,
    kmeans_palette,
    rebalancing_weights,
)
from dataprep.color_counts import ColorCounts
from dataprep.engines.engine import Engine
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos import Photo
from dataprep.progress import Report, silent
from dataprep.samples import resized_photo
from dataprep.storage import Storage
from dataprep.views import ViewSettings

Method = Literal["grid", "kmeans", "auto"]
_PHOTOS_PER_TASK = 64


@dataclass(frozen=True)
class PaletteSettings:
    """What a palette is made with.

    Args:
        bins: how many.
        method: the fullest cells of a grid, k-means with a bin at neutral, or whichever of them
            has the highest ceiling.
        cells: of the grid; None for the smallest of 11, 21, 31… that has enough with pixels.
        neutral_centered: False puts neutral on a corner of four cells, as the original did.
        seed: of k-means.
        lam: λ of the weights that are told.

    Raises:
        ValueError: a number is out of range.
    """

    bins: int = 32
    method: Method = "kmeans"
    cells: int | None = None
    neutral_centered: bool = True
    seed: int = 0
    lam: float = 0.3

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 2 <= self.bins <= MAX_BINS:
            raise ValueError(f"bins: expected 2 to {MAX_BINS}, given {self.bins}")
        if not 0 < self.lam < 1:
            raise ValueError(f"lambda: expected a number between 0 and 1, given {self.lam}")


@dataclass(frozen=True)
class PaletteSummary:
    """What a palette was made of; ``weights`` are those of each bin at the λ asked for."""

    method: str
    n: int
    fingerprint: str
    photos: int
    pixels: int
    weights: list[float]
    skipped_photos: int


@dataclass(frozen=True)
class PhotoBatch:
    """Some photos of a folder: one task of counting."""

    source: Storage
    photos: tuple[Photo, ...]


@dataclass(frozen=True)
class Counted:
    """The counts of a batch, and by key why photos of it were skipped."""

    counts: ColorCounts
    skipped: dict[str, str] = field(default_factory=dict)


def batches(source: Storage, photos: Sequence[Photo]) -> list[PhotoBatch]:
    """Cut the photos of a folder into tasks."""
    return [
        PhotoBatch(source, tuple(photos[start : start + _PHOTOS_PER_TASK]))
        for start in range(0, len(photos), _PHOTOS_PER_TASK)
    ]


def count_photos(
    tasks: Sequence[PhotoBatch], engine: Engine, *, size: int = 256, report: Report = silent
) -> Counted:
    """Count every pixel of every photo, resized as for shards.

    Raises:
        DataprepError: no photo could be used.
    """
    counts, skipped = ColorCounts.empty(), dict[str, str]()
    for batch, counted in engine.run(partial(_count_batch, size=size), tasks):
        counts += counted.counts
        skipped |= counted.skipped
        report(len(batch.photos))
    if counts.photos == 0:
        reason = next(iter(skipped.values()), "the folder has none that was kept")
        raise DataprepError(f"palette: no photo could be used ({reason})")
    return Counted(counts, skipped)


def learn_palette(
    tasks: Sequence[PhotoBatch],
    settings: PaletteSettings,
    *,
    engine: Engine,
    report: Report = silent,
) -> tuple[Palette, PaletteSummary]:
    """Count the photos and make the palette.

    Raises:
        DataprepError: no photo could be used, or they have too few colours for so many bins.
    """
    counted = count_photos(tasks, engine, report=report)
    palette = fit_palette(counted.counts, settings)
    summary = PaletteSummary(
        method=palette.method,
        n=palette.n,
        fingerprint=palette.fingerprint,
        photos=palette.photos,
        pixels=palette.pixels,
        weights=rebalancing_weights(palette.prior, settings.lam).tolist(),
        skipped_photos=len(counted.skipped),
    )
    return palette, summary


def fit_palette(counts: ColorCounts, settings: PaletteSettings) -> Palette:
    """Make a palette from counts.

    Raises:
        DataprepError: the photos have too few colours for so many bins.
    """
    try:
        if settings.method == "kmeans":
            return kmeans_palette(counts.histogram(), settings.bins, seed=settings.seed)
        grid = default_grid(counts, settings.bins)
        if settings.cells:
            grid = UvGrid(settings.cells, settings.neutral_centered)
        return grid_palette(counts.histogram(grid), settings.bins)
    except ValueError as error:
        raise DataprepError(str(error)) from None


def default_grid(counts: ColorCounts, bins: int) -> UvGrid:
    """Return the neutral-centred grid of 11 cells a side, or a finer one where that has too few."""
    for cells in (11, 21, 31, 61, 121):
        grid = UvGrid(cells)
        if np.count_nonzero(counts.histogram(grid).counts) >= bins:
            return grid
    return UvGrid()


def _count_batch(batch: PhotoBatch, *, size: int) -> Counted:
    counts, skipped = ColorCounts.empty(), dict[str, str]()
    for photo, image in resized_images(batch, size, skipped):
        del photo
        counts += ColorCounts.of_image(image)
    return Counted(counts, skipped)


def resized_images(
    batch: PhotoBatch, size: int, skipped: dict[str, str]
) -> Iterable[tuple[Photo, np.ndarray]]:
    """Yield each photo with its resized pixels; note in ``skipped`` who couldn't be used."""
    settings = ViewSettings(size=size)
    for photo in batch.photos:
        try:
            data = batch.source.read(photo.path)
            image = resized_photo(data, settings, full=(photo.width, photo.height))
        except OSError as error:
            skipped[photo.key] = f"unreadable: {error.strerror or type(error).__name__}"
        except UnusablePhoto as unusable:
            skipped[photo.key] = unusable.reason
        else:
            yield photo, np.asarray(image)
