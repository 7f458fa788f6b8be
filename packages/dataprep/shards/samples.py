"""Encoding a photo's views as samples: decoded and resized once, then cut and encoded."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import zstandard
from jaxtyping import Int, UInt8
from PIL import Image

from colorcore import Palette
from dataprep.photos.color_counts import difference_index, difference_table
from dataprep.photos.imaging import ImageLimits, decode_photo
from dataprep.shards.views import (
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
class EncodedSample:
    """One view, encoded.

    Args:
        key: ``{photo key}-v{view}``.
        photo_key: of the photo.
        members: bytes by extension, in the order of the shard.
        view: where it was cut.
        resized: width and height of the photo it was cut from.
    """

    key: str
    photo_key: str
    members: dict[str, bytes]
    view: View
    resized: tuple[int, int]


class SampleMaker:
    """Makes samples of photos; keeps the bin table and the compressor."""

    def __init__(self, palette: Palette, settings: ViewSettings) -> None:
        self.palette = palette
        self.settings = settings
        self._table = pa.array(difference_table(palette))
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)

    def samples(
        self,
        photos: Sequence[tuple[str, Image.Image]],
        split: str,
        view_counts: Mapping[str, int] | None = None,
    ) -> tuple[list[EncodedSample], Int[np.ndarray, "n"]]:
        """Return the samples of resized photos, and how many of their pixels each bin has.

        Each step is done for all photos before the next one starts, so that it finds its code and
        tables in the core's cache: a sixth of the time. ``batch_photos`` says how many are best.

        Args:
            photos: each a key, which names its samples and keys their random numbers, and what
                ``resized_photo`` returned.
            split: says which views and members they have.
            view_counts: by key, those that have only so many of the first views.
        """
        counts = view_counts or {}
        cuts = [
            (key, image, view)
            for key, image in photos
            for view in plan_views(key, split, image.size, self.settings)[: counts.get(key)]
        ]
        photo_bins = {key: self.bins(image) for key, image in photos}
        lumas = {key: image.convert("L") for key, image in photos}
        bins = np.stack([cut(photo_bins[key], view) for key, _, view in cuts])
        luma_cuts = [cut_luma(lumas[key], view) for key, _, view in cuts]
        name, encode = _LUMA[self.settings.luma]
        members = {
            name: [encode(luma) for luma in luma_cuts],
            "bins.zst": [self._compressor.compress(of_view.data) for of_view in bins],
        }
        if self.settings.rgb_in(split):
            members["rgb.jpg"] = [encode_jpeg(cut_image(image, view)) for _, image, view in cuts]
        samples = [
            EncodedSample(
                key=f"{key}-v{view.view}",
                photo_key=key,
                members=dict(zip(members, encoded, strict=True)),
                view=view,
                resized=image.size,
            )
            for (key, image, view), *encoded in zip(cuts, *members.values(), strict=True)
        ]
        return samples, _count(bins, self.palette.n)

    def bins(self, image: Image.Image) -> UInt8[np.ndarray, "height width"]:
        """Return the exact nearest bin of every pixel of an RGB image."""
        # Arrow takes 32-bit indices as they are, where numpy would widen them first.
        flat = pc.take(self._table, pa.array(difference_index(image)), boundscheck=False)
        return flat.to_numpy().reshape(image.height, image.width)


def batch_photos(settings: ViewSettings) -> int:
    """Return the best number of photos per batch: 16 at 256 px, about 20 MB of pixels."""
    return max(1, 16 * 256**2 // settings.size**2)


@lru_cache(maxsize=1)
def sample_maker(palette: Palette, settings: ViewSettings) -> SampleMaker:
    """Return this process's maker for a palette and settings."""
    return SampleMaker(palette, settings)


def resized_photo(
    data: bytes, settings: ViewSettings, *, full: tuple[int, int] | None = None
) -> Image.Image:
    """Decode a photo with its shorter edge at the view's size.

    A JPEG is decoded at the smallest scale whose shorter edge isn't below that.
    """
    image = decode_photo(data, ImageLimits(), near_px=settings.size)
    full = full if full and _is_scaled(full, image.size) else image.size
    refuse_unfit(*full, settings)
    resized = resize_short_edge(image, settings.size, full)
    resized.info = {}  # Pillow would write the photo's own comment into every JPEG of it
    return resized


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


_LUMA = {"jpeg": ("y.jpg", encode_jpeg), "png": ("y.png", encode_png)}


def _count(bins: UInt8[np.ndarray, "views s s"], n: int) -> Int[np.ndarray, "n"]:
    # Pillow counts bytes in half the time of numpy's bincount, which widens them first; as four
    # bands in half of that again, as neighbours of one bin then don't wait for each other.
    views, height, width = bins.shape
    mode, bands = ("RGBX", 4) if width % 4 == 0 else ("L", 1)
    image = Image.frombuffer(mode, (width // bands, views * height), bins, "raw", mode, 0, 1)
    counts = np.array(image.histogram(), dtype=np.int64).reshape(bands, 256)
    return counts.sum(axis=0)[:n]


def _is_scaled(full: tuple[int, int], decoded: tuple[int, int]) -> bool:
    """Whether a decoder's 1/1, 1/2, 1/4 or 1/8 of ``full`` has this size."""
    return any(decoded == (-(-full[0] // scale), -(-full[1] // scale)) for scale in (1, 2, 4, 8))
