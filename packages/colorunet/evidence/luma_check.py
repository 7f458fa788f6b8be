"""Comparison of two lumas within the quantisation of their formats."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Integer

CELL_PX = 8
_PX = np.arange(CELL_PX)
# The orthonormal DCT-II of JPEG's blocks (ITU-T T.81, A.3.3).
_DCT = np.cos((2 * _PX[None] + 1) * _PX[:, None] * np.pi / 16) * np.where(_PX == 0, 0.125, 0.25)[
    :, None
] ** np.array(0.5)
# Levels are rounded before coding and after decoding: each adds noise of 0.29 to a coefficient of
# an orthonormal transform; this is six standard deviations of both together.
_ROUNDING = 2.5
_BAND_ROWS = 1024  # compared at once; whole cells


@dataclass(frozen=True)
class Allowance:
    """Tolerances of a format, in 255ths.

    Args:
        level: of a single pixel.
        mean: of the mean of a cell of 8 × 8 pixels.
        rms: of the root mean square of a cell.
        overall: of the mean of the whole picture.
        steps: quantisation steps of a JPEG's luma (8 × 8), which bound each DCT coefficient; None
            for other formats.
        further: half-steps that an earlier compression adds, likewise.
        words: how the bound is known.
        conclusive: whether a difference within the bound is evidence that the luma is unchanged.
    """

    level: float = 255.0
    mean: float = 255.0
    rms: float = 255.0
    overall: float = 255.0
    steps: Float[np.ndarray, "8 8"] | None = None
    further: Float[np.ndarray, "8 8"] | None = None
    words: str = ""
    conclusive: bool = True


@dataclass(frozen=True, eq=False)
class LumaCheck:
    """Result of a comparison.

    Args:
        largest: difference of a pixel, in 255ths.
        mean: difference of all pixels, in 255ths: above 0 where the coloured one is brighter.
        changed: cells of 8 × 8 pixels beyond the allowance, as a map.
        is_shifted: whether the picture as a whole is brighter or darker than allowed.
    """

    largest: float
    mean: float
    changed: Bool[np.ndarray, "rows columns"]
    is_shifted: bool = False

    @property
    def share(self) -> float:
        """Share of cells beyond the tolerances."""
        return float(self.changed.mean())

    @property
    def holds(self) -> bool:
        """Whether everything is within the tolerances."""
        return not self.is_shifted and not self.changed.any()

    @property
    def box(self) -> tuple[int, int, int, int] | None:
        """Bounding box of the cells beyond the tolerances, in pixels; None for no cell."""
        if not self.changed.any():
            return None
        rows, columns = (np.flatnonzero(self.changed.any(axis=axis)) for axis in (1, 0))
        ends = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        left, top, right, bottom = (int(end) * CELL_PX for end in ends)
        return left, top, right, bottom


def check_luma(
    colored: Integer[np.ndarray, "h w"], original: Integer[np.ndarray, "h w"], allowed: Allowance
) -> LumaCheck:
    """Compare two lumas of one size and depth.

    Args:
        colored: uint8 or uint16.
        original: of the same kind.
        allowed: what the format of the coloured one allows.
    """
    scale = 255 / np.iinfo(colored.dtype).max
    largest = total = 0.0
    maps = []
    for top in range(0, len(colored), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        new, old = (luma[rows].astype(np.float32) for luma in (colored, original))
        difference = (new - old) * np.float32(scale)
        largest = max(largest, float(np.abs(difference).max()))
        total += float(difference.sum(dtype=np.float64))
        maps.append(_changed_cells(difference, new * np.float32(scale), allowed))
    mean = total / colored.size
    return LumaCheck(largest, mean, np.concatenate(maps), abs(mean) > allowed.overall)


def _changed_cells(
    difference: Float[np.ndarray, "h w"], levels: Float[np.ndarray, "h w"], allowed: Allowance
) -> Bool[np.ndarray, "rows columns"]:
    """Return the cells beyond the tolerances; cells at the edges are padded with 0."""
    cells = _in_cells(difference)
    changed = np.abs(cells).max(axis=(2, 3)) > allowed.level
    changed |= np.abs(cells.mean(axis=(2, 3))) > allowed.mean
    changed |= np.sqrt((cells**2).mean(axis=(2, 3))) > allowed.rms
    if allowed.steps is None:
        return np.asarray(changed)
    half = allowed.steps / 2 + (0 if allowed.further is None else allowed.further)
    energy = float((half**2).sum()) + 64 * 0.5
    changed |= (cells**2).sum(axis=(2, 3)) > energy
    coefficients = np.abs(np.einsum("ki,rcij,lj->rckl", _DCT, cells, _DCT, optimize=True))
    # A decoder clips to 0…255, which moves coefficients by more than they were quantised.
    inside = _in_cells(levels, fill=1.0)
    is_clipped = (inside.min(axis=(2, 3)) < 1) | (inside.max(axis=(2, 3)) > 254)
    is_whole = _in_cells(np.ones_like(levels), fill=0.0).min(axis=(2, 3)) > 0
    beyond = (coefficients > half + _ROUNDING).any(axis=(2, 3))
    return np.asarray(changed | (beyond & ~is_clipped & is_whole))


def _in_cells(plane: Float[np.ndarray, "h w"], fill: float = 0.0) -> Float[np.ndarray, "r c 8 8"]:
    height, width = plane.shape
    padding = ((0, -height % CELL_PX), (0, -width % CELL_PX))
    padded = np.pad(plane, padding, constant_values=fill)
    rows, columns = padded.shape[0] // CELL_PX, padded.shape[1] // CELL_PX
    return padded.reshape(rows, CELL_PX, columns, CELL_PX).swapaxes(1, 2)
