"""Exact counts of the colours of photos, from which the histogram on any grid can be made."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from jaxtyping import Float, Int, UInt8

from colorcore import UvGrid, UvHistogram, rgb_to_yuv

_STEPS = 511  # R − B and G − B each take the whole numbers from −255 to 255


@dataclass(frozen=True)
class ColorCounts:
    """How many pixels have each pair of R − B and G − B, and from how many photos.

    U and V depend on these two differences alone, so 261,121 counts hold all that any histogram
    over the UV plane can tell of uint8 pixels. They add up exactly, in any order.
    """

    counts: Int[np.ndarray, "261121"]
    photos: int = 0

    @classmethod
    def empty(cls) -> "ColorCounts":
        """Return counts that have seen nothing."""
        return cls(np.zeros(_STEPS**2, dtype=np.int64))

    @classmethod
    def of_image(cls, rgb: UInt8[np.ndarray, "height width 3"]) -> "ColorCounts":
        """Count the pixels of one photo."""
        index = difference_index(rgb).ravel()
        return cls(np.bincount(index, minlength=_STEPS**2), photos=1)

    def __add__(self, other: "ColorCounts") -> "ColorCounts":
        """Return both counted together."""
        return replace(self, counts=self.counts + other.counts, photos=self.photos + other.photos)

    @property
    def pixels(self) -> int:
        """How many pixels were counted."""
        return int(self.counts.sum())

    def histogram(self, grid: UvGrid | None = None) -> UvHistogram:
        """Return the histogram on a grid (by default a fine one), as if each pixel were added."""
        grid = grid or UvGrid()
        filled = np.flatnonzero(self.counts)
        cells = grid.indices(all_differences()[filled])
        counts = np.zeros(grid.size**2, dtype=np.int64)
        np.add.at(counts, cells, self.counts[filled])
        return UvHistogram(grid, counts, photos=self.photos)


def difference_index(rgb: UInt8[np.ndarray, "*shape 3"]) -> Int[np.ndarray, "*shape"]:
    """Return the place of each pixel's colour in ``all_differences``."""
    channels = rgb.astype(np.int32)
    red, green = (channels[..., axis] - channels[..., 2] + 255 for axis in (0, 1))
    return red * _STEPS + green


@cache
def all_differences() -> Float[np.ndarray, "261121 2"]:
    """Return U and V of every pair of R − B and G − B that uint8 pixels can have."""
    steps = np.arange(-255, 256) / 255.0
    red, green = np.meshgrid(steps, steps, indexing="ij")
    return rgb_to_yuv(np.stack((red, green, np.zeros_like(red)), axis=-1))[..., 1:].reshape(-1, 2)
