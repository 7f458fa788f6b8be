"""Pools of images, and aggregation of figures of single images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

Table = Mapping[str, Shaped[np.ndarray, "images ..."]]  # each figure of all images as one array


class Pool:
    """Images under one variant of their colours, with truth and quantised truth.

    Args:
        measured: the variant's figures.
        truth: those of the photos themselves.
        ceiling: those of the truth rounded to the palette.
        rows: which images; one may come more than once.
    """

    def __init__(
        self, measured: Table, truth: Table, ceiling: Table, rows: Int[np.ndarray, "images"]
    ) -> None:
        self._tables = {"measured": measured, "truth": truth, "ceiling": ceiling}
        self._rows = rows
        self._totals: dict[tuple[str, str], Any] = {}

    def each(self, name: str, of: str = "measured") -> Shaped[np.ndarray, "images ..."]:
        """Return a figure of every image."""
        return self._tables[of][name][self._rows]

    def total(self, name: str, of: str = "measured") -> Any:
        """Return the sum of a figure over the images: a number, or one for each bin or family."""
        key = (name, of)
        if key not in self._totals:
            self._totals[key] = self.each(name, of).sum(axis=0)
        return self._totals[key]

    def mean(self, name: str, of: str = "measured") -> float:
        """Return the mean over the images."""
        return float(np.mean(self.each(name, of)))

    def off_truth(self, name: str) -> float:
        """Return the difference of the means over images of variant and truth."""
        return abs(self.mean(name) - self.mean(name, "truth"))

    def median(self, name: str, of: str = "measured") -> float:
        """Return the median over the images that have a value."""
        return percentile(self.each(name, of), 50)


def percentile(values: Float[np.ndarray, "m"], percent: float) -> float:
    """Return numpy's percentile of the values that aren't NaN; NaN where all are."""
    # A tenth of np.percentile's cost for so few numbers: the bootstrap asks 20,000 times.
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return float("nan")
    place = percent / 100 * (known.size - 1)
    below = int(place)
    above = min(below + 1, known.size - 1)
    return float(known[below] + (place - below) * (known[above] - known[below]))


def ratio(value: float, reference: float) -> float:
    """Return value / reference; NaN where the reference is nought."""
    return value / reference if reference > 0 else float("nan")


def ratios(
    values: Float[np.ndarray, "m"], references: Shaped[np.ndarray, "m"], *, least: float
) -> Float[np.ndarray, "m"]:
    """Return values / references; NaN where a reference is below ``least``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(references >= least, values / references, np.nan)


def stacked(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return each figure of all images as one array, images first."""
    return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else ())}
