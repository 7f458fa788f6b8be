"""Learning a palette from photos or shards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np

from colorcore import (
    MAX_BINS,
    Palette,
    UvGrid,
    grid_palette,
    kmeans_palette,
    rebalancing_weights,
)
from colorfiles.engines.engine import Engine
from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import DataprepError
from dataprep.palettes.ceiling import Ceiling, best_ceiling, summarize_ceilings
from dataprep.palettes.measures import (
    MEASURED_PHOTOS,
    PhotoMeasures,
    PriorError,
    in_keyed_order,
    measure_batch,
    prior_error,
)
from dataprep.palettes.pixel_batches import PixelBatch
from dataprep.photos.color_counts import ColorCounts

Method = Literal["grid", "kmeans", "auto"]
_COUNTED_SIZE = 256  # shorter edge, as in shards
_ORIGINAL_GRID = UvGrid(10, neutral_centered=False)  # arXiv 1811.03120
_NEUTRAL_GRIDS = (11, 21, 31)
_FINER_GRIDS = (61, 121)


@dataclass(frozen=True)
class PaletteSettings:
    """Settings of a palette.

    Args:
        bins: how many.
        method: ``grid``, the fullest cells of a grid; ``kmeans``, with a bin at neutral; ``auto``,
            the one with the best ceiling.
        cells: of the grid; None for the smallest of 11, 21, 31… with enough non-empty cells.
        neutral_centered: False puts neutral on a corner of four cells, as the original does.
        seed: of k-means.
        emphasis: of k-means; below 1 gives rare colours more bins.
        lam: λ of the weights that are reported.

    Raises:
        ValueError: a number is out of range.
    """

    bins: int = 32
    method: Method = "kmeans"
    cells: int | None = None
    neutral_centered: bool = True
    seed: int = 0
    emphasis: float = 1.0
    lam: float = 0.3

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 2 <= self.bins <= MAX_BINS:
            raise ValueError(f"bins: expected 2 to {MAX_BINS}, given {self.bins}")
        if not 0 < self.lam < 1:
            raise ValueError(f"lambda: expected a number between 0 and 1, given {self.lam}")
        if not 0 < self.emphasis <= 1:
            raise ValueError(f"emphasis: expected a number in (0, 1], given {self.emphasis}")


@dataclass(frozen=True)
class PaletteSummary:
    """What a palette was learned from, and its measures.

    Args:
        method: of the palette, or of the candidate chosen by ``auto``.
        n: bins.
        fingerprint: of the palette.
        photos: counted.
        pixels: counted.
        weights: of each bin at λ.
        ceilings: by name of the candidates, or of the palette alone.
        prior_error: how many photos are enough.
        skipped_photos: that couldn't be used.
        skipped: these by reason.
    """

    method: str
    n: int
    fingerprint: str
    photos: int
    pixels: int
    weights: list[float]
    ceilings: dict[str, Ceiling]
    prior_error: PriorError
    skipped_photos: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "PaletteSummary":
        """Read the output of ``dataclasses.asdict``; KeyError, TypeError… if it is invalid."""
        ceilings = {name: Ceiling(**row) for name, row in content["ceilings"].items()}
        error = PriorError(**content["prior_error"])
        return cls(**{**content, "ceilings": ceilings, "prior_error": error})


@dataclass(frozen=True)
class Counted:
    """Colour counts of some photos, and reasons of the skipped ones by key."""

    counts: ColorCounts
    skipped: dict[str, str] = field(default_factory=dict)


def learn_palette(
    batches: Sequence[PixelBatch],
    settings: PaletteSettings,
    *,
    engine: Engine,
    report: ProgressCallback = silent,
) -> tuple[Palette, PaletteSummary]:
    """Count every photo, make the palette, and measure it on up to 512 photos.

    Raises:
        DataprepError: no photo could be used, or they have too few colours for so many bins.
    """
    counted = count_colors(batches, engine, report=report)
    candidates = _candidates(counted.counts, settings)
    measured = _measured(batches, candidates, engine)
    ceilings = {
        name: summarize_ceilings([photo.ceilings[name] for photo in measured])
        for name in candidates
    }
    chosen = best_ceiling(ceilings)
    palette = candidates[chosen]
    rows = np.array([photo.bin_counts[chosen] for photo in in_keyed_order(measured)])
    reasons = [reason.split(":")[0] for reason in counted.skipped.values()]
    summary = PaletteSummary(
        method=chosen,
        n=palette.n,
        fingerprint=palette.fingerprint,
        photos=palette.photos,
        pixels=palette.pixels,
        weights=rebalancing_weights(palette.prior, settings.lam).tolist(),
        ceilings=ceilings,
        prior_error=prior_error(rows, palette.photos),
        skipped_photos=len(reasons),
        skipped={reason: reasons.count(reason) for reason in sorted(set(reasons))},
    )
    return palette, summary


def count_colors(
    batches: Sequence[PixelBatch], engine: Engine, *, report: ProgressCallback = silent
) -> Counted:
    """Count every pixel of every photo at the size of shards; sums are exact in any order.

    Raises:
        DataprepError: no photo could be used.
    """
    counts, skipped = ColorCounts.empty(), dict[str, str]()
    for batch, counted in engine.run(count_batch, batches):
        counts += counted.counts
        skipped |= counted.skipped
        report(len(batch))
    if counts.photos == 0:
        reason = next(iter(skipped.values()), "there is none")
        raise DataprepError(f"palette: no photo could be used ({reason})")
    return Counted(counts, skipped)


def count_batch(batch: PixelBatch) -> Counted:
    """Count the pixels of one batch."""
    skipped = dict[str, str]()
    images = (image for _, image in batch.images(_COUNTED_SIZE, skipped))
    return Counted(ColorCounts.of_images(images), skipped)


def fit_palette(counts: ColorCounts, settings: PaletteSettings) -> Palette:
    """Make the palette of method ``grid`` or ``kmeans``.

    Raises:
        DataprepError: the photos have too few colours for so many bins.
    """
    try:
        if settings.method == "kmeans":
            return kmeans_palette(
                counts.histogram(), settings.bins, seed=settings.seed, emphasis=settings.emphasis
            )
        grid = _default_grid(counts, settings.bins)
        if settings.cells:
            grid = UvGrid(settings.cells, settings.neutral_centered)
        return grid_palette(counts.histogram(grid), settings.bins)
    except ValueError as error:
        raise DataprepError(str(error)) from None


def _default_grid(counts: ColorCounts, bins: int) -> UvGrid:
    for cells in (*_NEUTRAL_GRIDS, *_FINER_GRIDS):
        grid = UvGrid(cells)
        if np.count_nonzero(counts.histogram(grid).counts) >= bins:
            return grid
    return UvGrid()


def _candidates(counts: ColorCounts, settings: PaletteSettings) -> dict[str, Palette]:
    if settings.method != "auto":
        return {settings.method: fit_palette(counts, settings)}
    n = settings.bins
    candidates: dict[str, Palette] = {}
    grids = {"the original's even grid of 10": _ORIGINAL_GRID} | {
        f"neutral-centred grid of {cells}": UvGrid(cells) for cells in _NEUTRAL_GRIDS
    }
    for name, grid in grids.items():
        histogram = counts.histogram(grid)
        if np.count_nonzero(histogram.counts) >= n:
            candidates[name] = grid_palette(histogram, n)
    kmeans = PaletteSettings(bins=n, seed=settings.seed, emphasis=settings.emphasis)
    return candidates | {"k-means": fit_palette(counts, kmeans)}


def _measured(
    batches: Sequence[PixelBatch], palettes: Mapping[str, Palette], engine: Engine
) -> list[PhotoMeasures]:
    """Measure batches spread evenly over all, until enough photos are measured."""
    photos = sum(len(batch) for batch in batches)
    step = max(1, photos // MEASURED_PHOTOS)
    task = partial(measure_batch, palettes=palettes)
    for some in (batches[::step], batches):
        measured = [photo for _, photos in engine.run(task, some) for photo in photos]
        if measured:  # not so where all the photos of these batches can't be decoded
            break
    return measured
