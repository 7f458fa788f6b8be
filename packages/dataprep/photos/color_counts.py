"""Exact colour counts by R − B and G − B, which determine U and V."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int, UInt8, UInt32
from PIL import Image

from colorcore import Palette, UvGrid, UvHistogram, rgb_to_yuv, uv_to_bins

_ROW = 512  # R − B takes 511 values; a 512th that no pixel has makes indexing cheaper
_PAIRS = 511 * _ROW


@dataclass(frozen=True)
class ColorCounts:
    """Pixels of each pair of R − B and G − B, and number of photos.

    U and V depend on these two differences alone, so 261,632 counts determine every histogram over
    the UV plane of uint8 pixels. They add up exactly, in any order.
    """

    counts: Int[np.ndarray, "261632"]
    photos: int = 0

    @classmethod
    def empty(cls) -> "ColorCounts":
        """Return counts of no photo."""
        return cls(np.zeros(_PAIRS, dtype=np.int64))

    @classmethod
    def of_images(cls, images: Iterable[Image.Image]) -> "ColorCounts":
        """Count the pixels of photos."""
        counts, photos = np.zeros(_PAIRS, dtype=np.int64), 0
        for image in images:
            counts += np.bincount(difference_index(image), minlength=_PAIRS)
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


def difference_index(image: Image.Image) -> UInt32[np.ndarray, "pixels"]:
    """Return the index of each pixel's colour in ``all_differences``, row by row."""
    # 512·(G − B + 255) + (R − B + 255) is R + 512·G + 513·(255 − B). With B flipped, packed is
    # R + 256·G + 65536·(255 − B). Few steps and in place: it is memory that takes the time.
    packed = _packed_pixels(image) & 0xFFFFFF
    packed ^= 0xFF0000
    index = packed & 0xFF00
    index += packed
    packed >>= 16
    packed *= 65536 - 513
    index -= packed
    return index


def _packed_pixels(image: Image.Image) -> UInt32[np.ndarray, "pixels"]:
    """Return R + 256·G + 65536·B of every pixel, and anything in the highest byte."""
    try:
        pixels = pa.array(image).flatten().to_numpy()  # the image's own memory, without a copy
    except (TypeError, ValueError):  # above 16 MB it lies in several pieces; an old Pillow
        pixels = np.frombuffer(image.tobytes("raw", "RGBX"), dtype=np.uint8)
    return pixels.view("<u4")


@cache
def all_differences() -> Float[np.ndarray, "261632 2"]:
    """Return U and V of every pair of G − B and R − B that uint8 pixels can have."""
    steps = np.arange(-255, _ROW - 255) / 255.0
    green, red = np.meshgrid(steps[:-1], steps, indexing="ij")
    return rgb_to_yuv(np.stack((red, green, np.zeros_like(red)), axis=-1))[..., 1:].reshape(-1, 2)


def difference_table(palette: Palette) -> UInt8[np.ndarray, "261632"]:
    """Return the exact nearest bin of every pair of differences.

    It equals ``colorcore.rgb_table``, and at 256 KB fits into a core's cache.
    """
    return uv_to_bins(all_differences(), palette).astype(np.uint8)
