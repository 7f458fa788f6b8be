"""From a photo to the members of its samples: decode and resize once, then cut and encode."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import zstandard
from jaxtyping import UInt8
from PIL import Image

from colorcore import Palette, rgb_table
from dataprep.imaging import ImageLimits, decode_photo
from dataprep.views import (
    View,
    ViewSettings,
    cut,
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
        bin_counts: pixels of each bin.
    """

    key: str
    members: dict[str, bytes]
    view: View
    resized: tuple[int, int]
    bin_counts: np.ndarray


class SampleMaker:
    """Makes the samples of photos; holds the bin table and the compressor between them."""

    def __init__(self, palette: Palette, settings: ViewSettings) -> None:
        self.palette = palette
        self.settings = settings
        self._table = rgb_table(palette)
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)

    def samples(
        self, data: bytes, *, photo_key: str, split: str, full: tuple[int, int] | None = None
    ) -> Iterator[Sample]:
        """Yield the samples of a photo.

        Args:
            data: the photo's file.
            photo_key: names the samples and keys their random numbers.
            split: says which views and members they have.
            full: width and height of the photo, where the manifest knows them.

        Raises:
            UnusablePhoto: it can't be decoded, or the settings reject its shape.
        """
        settings = self.settings
        resized = resized_photo(data, settings, full=full)
        luma = np.asarray(resized.convert("L"))
        bins = self.bins(resized)
        rgb = np.asarray(resized) if settings.rgb_in(split) else None
        for view in plan_views(photo_key, split, resized.size, settings):
            view_bins = np.ascontiguousarray(cut(bins, view))
            view_luma = cut_luma(luma, view)
            if settings.luma == "jpeg":
                members = {"y.jpg": encode_jpeg(view_luma)}
            else:
                members = {"y.png": encode_png(view_luma)}
            members["bins.zst"] = self._compressor.compress(view_bins.data)
            if rgb is not None:
                members["rgb.jpg"] = encode_jpeg(cut(rgb, view))
            yield Sample(
                key=f"{photo_key}-v{view.view}",
                members=members,
                view=view,
                resized=resized.size,
                bin_counts=np.bincount(view_bins.reshape(-1), minlength=self.palette.n),
            )

    def bins(self, image: Image.Image) -> UInt8[np.ndarray, "height width"]:
        """Return the exact nearest bin of every pixel of an RGB image."""
        # B, G, R, 0 in memory is R·65536 + G·256 + B as a little-endian number.
        index = np.frombuffer(image.tobytes("raw", "BGRX"), dtype="<u4")
        return np.take(self._table, index).reshape(image.height, image.width)


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


def encode_jpeg(pixels: UInt8[np.ndarray, "height width *c"]) -> bytes:
    """Return a JPEG of quality 95, without chroma subsampling."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def encode_png(pixels: UInt8[np.ndarray, "height width"]) -> bytes:
    """Return a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _is_scaled(full: tuple[int, int], decoded: tuple[int, int]) -> bool:
    """Whether a decoder's 1/1, 1/2, 1/4 or 1/8 of ``full`` has this size."""
    return any(decoded == (-(-full[0] // scale), -(-full[1] // scale)) for scale in (1, 2, 4, 8))
