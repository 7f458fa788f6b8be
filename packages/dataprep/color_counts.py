"""What R − B and G − B of a pixel tell: its U and V, so its bin, and exact counts of colours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from colorcore import Palette, UvGrid, UvHistogram, rgb_to_yuv, uv_to_bins

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
    def of_images(cls, images: Iterable[Image.Image]) -> "ColorCounts":
        """Count the pixels of photos."""
        counts, photos = np.zeros(_STEPS**2, dtype=np.int64), 0
        for image in images:
            counts += np.bincount(difference_index(image), minlength=_STEPS**2)
            photos += 1
        return cls(counts, photos)

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


def difference_index(image: Image.Image) -> Int[np.ndarray, "pixels"]:
    """Return the place of each pixel's colour in ``all_differences``, row by row (int32)."""
    # B, G, R, 0 in memory is R·65536 + G·256 + B as a little-endian number.
    packed = np.frombuffer(image.tobytes("raw", "BGRX"), dtype="<i4")
    # 511·(R − B + 255) + (G − B + 255) is 511·R + G + 512·(255 − B), and in place is twice as fast.
    flipped = packed ^ 255
    index, red, blue = flipped >> 8, flipped >> 16, flipped & 255
    red *= 255
    blue <<= 9
    index += red
    index += blue
    return index


@cache
def all_differences() -> Float[np.ndarray, "261121 2"]:
    """Return U and V of every pair of R − B and G − B that uint8 pixels can have."""
    steps = np.arange(-255, 256) / 255.0
    red, green = np.meshgrid(steps, steps, indexing="ij")
    return rgb_to_yuv(np.stack((red, green, np.zeros_like(red)), axis=-1))[..., 1:].reshape(-1, 2)


def difference_table(palette: Palette) -> UInt8[np.ndarray, "261121"]:
    """Return the exact nearest bin of every pair of differences.

    It says what ``colorcore.rgb_table`` says, and at 256 KB stays in a core's cache.
    """
    return uv_to_bins(all_differences(), palette).astype(np.uint8)
