"""Counts of pixels over the UV plane that add up across photos, processes and machines."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Integer, UInt8

from colorcore._arrays import array_namespace, require_finite, require_last_axis
from colorcore.yuv import rgb_to_yuv

U_RANGE = 0.45  # the original's grid spans U ±0.45 and V ±0.65 (arXiv 1811.03120)
V_RANGE = 0.65  # a little beyond BT.601's ±0.615
FINE_CELLS = 361  # cells of 0.0025 × 0.0036: finer than the step of one uint8 level


@dataclass(frozen=True)
class UvGrid:
    """Cells over U ±0.45, V ±0.65.

    Args:
        cells: cells along each axis, 2 to 1,024.
        neutral_centered: True puts the middle of a cell at (0, 0) (an even number of cells then
            gains one row and column); False cuts the ranges evenly, so that an even number
            puts (0, 0) on a corner, as the original did with 10.

    Raises:
        ValueError: ``cells`` is out of range.
    """

    cells: int = FINE_CELLS
    neutral_centered: bool = True

    def __post_init__(self) -> None:
        """Check the number of cells."""
        if not 2 <= self.cells <= 1024:
            raise ValueError(f"grid cells: expected 2 to 1024, given {self.cells}")

    @property
    def size(self) -> int:
        """Cells along an axis, with the row and column that ``neutral_centered`` adds."""
        return 2 * (self.cells // 2) + 1 if self.neutral_centered else self.cells

    def indices(self, uv: Float[Any, "*shape 2"]) -> Integer[Any, "*shape"]:
        """Return the flat cell index (row of U, column of V) of each colour, clipped to the grid.

        Raises:
            ValueError: the last axis isn't 2 or NaN is among the values.
        """
        require_last_axis(uv, 2, "uv")
        require_finite(uv, "uv")
        xp = array_namespace(uv)
        # A cell's middle is (index + 1/2 − size/2) steps from zero under both rules.
        half = self.size / 2
        row = xp.floor(uv[..., 0] * (self.cells / (2 * U_RANGE)) + half)
        column = xp.floor(uv[..., 1] * (self.cells / (2 * V_RANGE)) + half)
        last = self.size - 1
        row = xp.asarray(xp.clip(row, 0, last), dtype=xp.int64)
        column = xp.asarray(xp.clip(column, 0, last), dtype=xp.int64)
        return row * self.size + column

    def centers(self) -> Float[np.ndarray, "cells 2"]:
        """Return U and V of the middle of every cell, in the order of ``indices``."""
        offsets = np.arange(self.size) + 0.5 - self.size / 2
        u, v = np.meshgrid(
            offsets * (2 * U_RANGE / self.cells),
            offsets * (2 * V_RANGE / self.cells),
            indexing="ij",
        )
        return np.stack((u.ravel(), v.ravel()), axis=-1)


@dataclass(frozen=True)
class UvHistogram:
    """How many pixels fell into each cell of a grid, and from how many photos."""

    grid: UvGrid
    counts: Integer[np.ndarray, "cells"]
    photos: int = 0

    def __post_init__(self) -> None:
        """Check that the counts belong to the grid."""
        if self.counts.shape != (self.grid.size**2,) or np.any(self.counts < 0):
            raise ValueError(
                f"histogram counts: expected {self.grid.size**2} numbers of at least 0, "
                f"given shape {self.counts.shape}"
            )

    @classmethod
    def empty(cls, grid: UvGrid | None = None) -> "UvHistogram":
        """Return a histogram without counts."""
        grid = grid or UvGrid()
        return cls(grid, np.zeros(grid.size**2, dtype=np.int64))

    @property
    def pixels(self) -> int:
        """How many pixels were counted."""
        return int(self.counts.sum())

    def add(self, uv: Float[Any, "*shape 2"], photos: int = 1) -> "UvHistogram":
        """Return this histogram with the colours of ``photos`` more photos counted in."""
        flat = np.asarray(self.grid.indices(uv)).ravel()
        counts = self.counts + np.bincount(flat, minlength=self.counts.shape[0])
        return replace(self, counts=counts, photos=self.photos + photos)

    def __add__(self, other: "UvHistogram") -> "UvHistogram":
        """Return both counted together, exactly.

        Raises:
            ValueError: the grids differ.
        """
        if self.grid != other.grid:
            raise ValueError(f"histograms: expected one grid, given {self.grid} and {other.grid}")
        return replace(self, counts=self.counts + other.counts, photos=self.photos + other.photos)


def uv_of_uint8(rgb: UInt8[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 2"]:
    """Return U and V (float64) of uint8 RGB pixels."""
    require_last_axis(rgb, 3, "rgb")
    return np.asarray(rgb_to_yuv(rgb / 255.0)[..., 1:])
