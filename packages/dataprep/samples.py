"""From a photo to the members of its samples: decode and resize once, then cut and encode."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import zstandard
from jaxtyping import Int, UInt8
from PIL import Image

from colorcore import Palette
from dataprep.color_counts import difference_index, difference_table
from dataprep.imaging import ImageLimits, decode_photo
from dataprep.views import (
    View,
    ViewSettings,
    cut,
    cut_image,
    cut_luma,
    plan_views,
    refuse_unfit,
    resize_short_edge,
)

JPEG_QUALITY = 95
ZSTD_LEVEL = 1  # level 3 saves 2 % of a bin map and takes a fifth longer


@dataclass(frozen=True)
class Sample:
    """One view, encoded.

    Args:
        key: ``{photo key}-v{view}``.
        members: bytes by extension, in the order of the shard.
        view: where it was cut.
        resized: width and height of the photo it was cut from.
    """

    key: str
    members: dict[str, bytes]
    view: View
    resized: tuple[int, int]


@dataclass(frozen=True)
class PhotoSamples:
    """All samples of a photo, and how many of their pixels each bin has."""

    samples: tuple[Sample, ...]
    bin_counts: Int[np.ndarray, "n"]


class SampleMaker:
    """Makes the samples of photos; holds the bin table and the compressor between them."""

    def __init__(self, palette: Palette, settings: ViewSettings) -> None:
        self.palette = palette
        self.settings = settings
        self._table = difference_table(palette)
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)

    def samples(
        self, data: bytes, *, photo_key: str, split: str, full: tuple[int, int] | None = None
    ) -> PhotoSamples:
        """Return the samples of a photo.

        Args:
            data: the photo's file.
            photo_key: names the samples and keys their random numbers.
            split: says which views and members they have.
            full: width and height of the photo, where the manifest knows them.

        Raises:
            UnusablePhoto: it can't be decoded, or the settings reject its shape.
        """
        resized = resized_photo(data, self.settings, full=full)
        views = plan_views(photo_key, split, resized.size, self.settings)
        luma, photo_bins = resized.convert("L"), self.bins(resized)
        bins = np.stack([cut(photo_bins, view) for view in views])
        # Member by member, not view by view: each codec finds its tables in the cache.
        members = self._luma_members([cut_luma(luma, view) for view in views])
        members["bins.zst"] = [self._compressor.compress(view_bins.data) for view_bins in bins]
        if self.settings.rgb_in(split):
            members["rgb.jpg"] = [encode_jpeg(cut_image(resized, view)) for view in views]
        samples = (
            Sample(
                key=f"{photo_key}-v{view.view}",
                members={extension: encoded[place] for extension, encoded in members.items()},
                view=view,
                resized=resized.size,
            )
            for place, view in enumerate(views)
        )
        return PhotoSamples(tuple(samples), _count(bins, self.palette.n))

    def bins(self, image: Image.Image) -> UInt8[np.ndarray, "height width"]:
        """Return the exact nearest bin of every pixel of an RGB image."""
        # Every index is in range; "clip" only spares the check.
        flat = np.take(self._table, difference_index(image), mode="clip")
        return flat.reshape(image.height, image.width)

    def _luma_members(self, lumas: Sequence[Image.Image]) -> dict[str, list[bytes]]:
        if self.settings.luma == "jpeg":
            return {"y.jpg": [encode_jpeg(luma) for luma in lumas]}
        return {"y.png": [encode_png(luma) for luma in lumas]}


@lru_cache(maxsize=1)
def sample_maker(palette: Palette, settings: ViewSettings) -> SampleMaker:
    """Return the maker that this process has for a palette and settings."""
    return SampleMaker(palette, settings)


def resized_photo(
    data: bytes, settings: ViewSettings, *, full: tuple[int, int] | None = None
) -> Image.Image:
    """Return the photo with its shorter edge at the view's size, as samples are cut from it.

    A JPEG is decoded at the smallest scale whose shorter edge isn't below that.
    """
    image = decode_photo(data, ImageLimits(), near_px=settings.size)
    full = full if full and _is_scaled(full, image.size) else image.size
    refuse_unfit(*full, settings)
    return resize_short_edge(image, settings.size, full)


def encode_jpeg(image: Image.Image) -> bytes:
    """Return a JPEG of quality 95, without chroma subsampling."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def encode_png(image: Image.Image) -> bytes:
    """Return a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _count(bins: UInt8[np.ndarray, "views s s"], n: int) -> Int[np.ndarray, "n"]:
    # Pillow counts bytes in half the time of numpy's bincount, which widens them first.
    views, height, width = bins.shape
    image = Image.frombuffer("L", (width, views * height), bins, "raw", "L", 0, 1)
    return np.array(image.histogram()[:n], dtype=np.int64)


def _is_scaled(full: tuple[int, int], decoded: tuple[int, int]) -> bool:
    """Whether a decoder's 1/1, 1/2, 1/4 or 1/8 of ``full`` has this size."""
    return any(decoded == (-(-full[0] // scale), -(-full[1] // scale)) for scale in (1, 2, 4, 8))
