"""Upscaling of chroma to a photo's size: bilinear, guided by edges of its luma."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

from colorunet.coloring.steering.hints import Hint

_COARSE = 4  # working pixels to one of the grid: as coarse as the logits themselves
_RIDGE = 0.02  # variance of luma; where there is less, chroma follows it less (He et al. 2013)
_NEAR = 1.5  # working pixels: how far the very colour of a hint is drawn around it
_LUMA_STEP = 0.05  # by so much other luma takes no part in that

Planes = tuple[Float[np.ndarray, "rows width"], Float[np.ndarray, "rows width"]]
Plane = Float32[np.ndarray, "h w"]


@dataclass(frozen=True)
class GuidedChroma:
    """Chroma at a working size as a linear function of luma, for each pixel its own.

    A network's colours are coarse and cross edges. On a coarse grid the slope is fitted to chroma
    and luma of 3 × 3 pixels (the guided filter of He et al. 2013). It multiplies only the detail
    of the luma beyond that grid: without edges the result equals bilinear.

    Args:
        base: (h, w) of U and of V.
        slope: likewise, chroma to one of luma.
    """

    base: tuple[Plane, Plane]
    slope: tuple[Plane, Plane]

    @classmethod
    def of(cls, uv: Float[np.ndarray, "h w 2"], luma: UInt8[np.ndarray, "H W"]) -> "GuidedChroma":
        """Fit chroma of any size to the luma of the photo."""
        height, width = min(uv.shape[0], luma.shape[0]), min(uv.shape[1], luma.shape[1])
        grid = max(1, width // _COARSE), max(1, height // _COARSE)
        guide = np.asarray(Image.fromarray(luma).resize(grid, Image.Resampling.BOX), np.float32)
        guide = guide / np.float32(255)
        mean = _mean_of_nine(guide)
        variance = _mean_of_nine(guide**2) - mean**2
        wide = _resized(guide, (width, height))
        bases, slopes = [], []
        for axis in range(2):
            chroma = _resized(np.ascontiguousarray(uv[..., axis], np.float32), (width, height))
            coarse = _resized(chroma, grid, Image.Resampling.BOX)
            together = _mean_of_nine(guide * coarse) - mean * _mean_of_nine(coarse)
            slope = _resized(together / (variance + np.float32(_RIDGE)), (width, height))
            slopes.append(slope)
            bases.append(chroma - slope * wide)
        return cls((bases[0], bases[1]), (slopes[0], slopes[1]))

    def rows(self, luma: Float32[np.ndarray, "rows width"], top: int, height: int) -> Planes:
        """Return U and V of some rows of the photo.

        Args:
            luma: of these rows, in [0, 1].
            top: the first of them.
            height: of the whole photo.
        """
        first, mixing = _row_weights(top, len(luma), height, self.base[0].shape[0])
        part = slice(first, first + mixing.shape[1])
        planes = []
        for base, slope in zip(self.base, self.slope, strict=True):
            plane = mixing @ _stretched(slope[part], luma.shape[1])
            plane *= luma
            plane += mixing @ _stretched(base[part], luma.shape[1])
            planes.append(plane)
        return planes[0], planes[1]


def _row_weights(top: int, rows: int, height: int, coarse: int) -> tuple[int, Plane]:
    """Return each row's first coarse row, and its weights for that and the next ones.

    Bilinear between pixel centres, the border repeated. As a product of matrices it takes a third
    of the time that Pillow does.
    """
    places = (np.arange(top, top + rows) + 0.5) * coarse / height - 0.5
    places = np.clip(places, 0, coarse - 1)
    first = int(places[0])
    weights = 1 - np.abs(places[:, None] - np.arange(first, min(coarse, int(places[-1]) + 2)))
    return first, np.maximum(weights, 0).astype(np.float32)


def _stretched(plane: Plane, width: int) -> Plane:
    return _resized(np.ascontiguousarray(plane), (width, len(plane)))


class ChromaRows:
    """Chroma of a photo at its own size, by rows, exact at hints.

    Args:
        uv: (h, w, 2) at any size.
        luma: (H, W) of the photo, 8 bits.
        hints: whose colours stand, whatever scaling does to them.
    """

    def __init__(
        self,
        uv: Float[np.ndarray, "h w 2"],
        luma: UInt8[np.ndarray, "H W"],
        hints: Sequence[Hint] = (),
    ) -> None:
        self._guided = GuidedChroma.of(uv, luma)
        self._height, self._width = luma.shape
        self._reach = _NEAR * max(self._height / uv.shape[0], self._width / uv.shape[1], 1.0)
        self._pins = [self._pin(hint, luma) for hint in hints]

    def rows(self, luma: Float32[np.ndarray, "rows width"], top: int) -> Planes:
        """Return U and V of rows from ``top`` on, whose luma is in [0, 1]."""
        planes = self._guided.rows(luma, top, self._height)
        near = [pin for pin in self._pins if pin.reaches(top, len(luma))]
        if near:
            _pinned(planes, luma, top, near)
        return planes

    def _pin(self, hint: Hint, luma: UInt8[np.ndarray, "H W"]) -> "_Pin":
        row, column = int(hint.y), int(hint.x)
        line = luma[row : row + 1].astype(np.float32) / 255
        u, v = self._guided.rows(line, row, self._height)
        missing = (hint.uv[0] - u[0, column], hint.uv[1] - v[0, column])
        return _Pin(row, column, float(line[0, column]), missing, self._reach)


@dataclass(frozen=True)
class _Pin:
    """Correction at a hint's pixel, and its radius."""

    row: int
    column: int
    luma: float
    missing: tuple[float, float]
    reach: float

    def reaches(self, top: int, rows: int) -> bool:
        return top - 3 * self.reach <= self.row < top + rows + 3 * self.reach

    def window(self, top: int, shape: tuple[int, int]) -> tuple[slice, slice]:
        far = int(3 * self.reach)
        rows = slice(max(0, self.row - top - far), min(shape[0], self.row - top + far + 1))
        return rows, slice(max(0, self.column - far), min(shape[1], self.column + far + 1))


def _pinned(planes: Planes, luma: Plane, top: int, pins: Sequence[_Pin]) -> None:
    """Apply the corrections; where they overlap the nearest weighs most."""
    shares = np.zeros(luma.shape, np.float64)
    corrections = np.zeros((2, *luma.shape), np.float64)
    for pin in pins:
        rows, columns = pin.window(top, luma.shape)
        down = np.arange(rows.start, rows.stop)[:, None] + (top - pin.row)
        across = np.arange(columns.start, columns.stop) - pin.column
        squared = (down**2 + across**2).astype(np.float64)
        other = (luma[rows, columns] - pin.luma) / _LUMA_STEP
        near = np.exp(-squared / (2 * pin.reach**2) - other**2 / 2)
        share = 1 / (squared + 1e-9)
        shares[rows, columns] += share
        for plane, missing in zip(corrections, pin.missing, strict=True):
            plane[rows, columns] += share * near * missing
    reached = shares > 0
    for plane, correction in zip(planes, corrections, strict=True):
        plane[reached] += (correction[reached] / shares[reached]).astype(np.float32)


def _resized(
    plane: Plane, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BILINEAR
) -> Plane:
    return np.asarray(Image.fromarray(plane).resize(size, how))


def _mean_of_nine(plane: Plane) -> Plane:
    padded = np.pad(plane, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
