"""Batches of images from photos or shards."""

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from colorcore import Palette, bins_to_uv, yuv_to_rgb
from colorfiles.errors import out_of_memory_context
from colorfiles.shard_index import INDEX, ShardEntry
from colorfiles.storage import Storage
from dataprep.errors import UnusablePhoto
from dataprep.photos.reading import kept_photos
from dataprep.photos.rows import Photo
from dataprep.shards.samples import resized_photo
from dataprep.shards.shard_set import ShardSet, iterate_samples, unpack_bins
from dataprep.shards.views import ViewSettings, resize_short_edge

_PHOTOS_PER_BATCH = 64
_LARGEST_VIEW_PX = 8_192


class PixelBatch(Protocol):
    """Some photos of a folder or shard: one task of an engine."""

    def __len__(self) -> int:
        """Return how many photos."""

    @property
    def content(self) -> Sequence[str]:
        """Return what identifies the pixels: the sha256 of each photo, or of the shard."""

    def images(self, size: int, skipped: dict[str, str]) -> Iterator[tuple[str, Image.Image]]:
        """Yield key and image of each photo, its shorter edge at ``size``.

        Unusable photos are added to ``skipped`` with their reason.
        """


@dataclass(frozen=True)
class PhotoBatch:
    """Some photos of a photo folder."""

    source: Storage
    photos: tuple[Photo, ...]

    def __len__(self) -> int:
        """Return how many photos."""
        return len(self.photos)

    @property
    def content(self) -> Sequence[str]:
        """Return key and sha256 of each photo."""
        return [f"{photo.key} {photo.sha256}" for photo in self.photos]

    def images(self, size: int, skipped: dict[str, str]) -> Iterator[tuple[str, Image.Image]]:
        """Yield key and image of each photo."""
        settings = ViewSettings(size=size)
        for photo in self.photos:
            try:
                data = self.source.read(photo.path)
                with out_of_memory_context(photo.path):
                    image = resized_photo(data, settings, full=(photo.width, photo.height))
            except OSError as error:
                skipped[photo.key] = f"unreadable: {error.strerror or type(error).__name__}"
            except UnusablePhoto as unusable:
                skipped[photo.key] = unusable.reason
            else:
                yield photo.key, image


@dataclass(frozen=True)
class ShardBatch:
    """The centre views of one shard: their colour crops, or luma with the colours of bins."""

    source: Storage
    shard: ShardEntry
    palette: Palette

    def __len__(self) -> int:
        """Return how many photos."""
        return self.shard.nphotos

    @property
    def content(self) -> Sequence[str]:
        """Return the shard's sha256, and the palette of its bins."""
        return [self.shard.sha256, self.palette.fingerprint]

    def images(self, size: int, skipped: dict[str, str]) -> Iterator[tuple[str, Image.Image]]:
        """Yield key and image of each centre view."""
        with self.source.open(self.shard.file) as file:
            for key, members in iterate_samples(file):
                if not key.endswith("-v0"):
                    continue
                try:
                    image = self._image(members)
                except (OSError, ValueError, KeyError) as error:
                    skipped[key] = f"damaged sample: {error}"
                else:
                    yield key, resize_short_edge(image, min(size, *image.size))

    def _image(self, members: Mapping[str, bytes]) -> Image.Image:
        if "rgb.jpg" in members:
            return _decoded(members["rgb.jpg"], "JPEG").convert("RGB")
        png = "y.jpg" not in members
        image = _decoded(members["y.png" if png else "y.jpg"], "PNG" if png else "JPEG")
        luma = np.asarray(image.convert("L")) / 255.0
        bins = np.frombuffer(unpack_bins(members["bins.zst"]), dtype=np.uint8)
        uv = bins_to_uv(bins.reshape(luma.shape).astype(np.int64), self.palette)
        rgb = yuv_to_rgb(np.concatenate((luma[..., None], uv), axis=-1))
        return Image.fromarray(np.rint(255 * rgb).astype(np.uint8))


def _decoded(data: bytes, format_name: str) -> Image.Image:
    """Decode an image by the only decoder that a member's name allows, up to a view's size."""
    try:
        image = Image.open(io.BytesIO(data), formats=(format_name,))
        if max(image.size) > _LARGEST_VIEW_PX:
            raise ValueError(f"{image.width} x {image.height} pixels, more than a view can have")
        image.load()
    except (SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from None
    return image


def batches_of(address: str) -> list[PixelBatch]:
    """Return the batches of a photo folder, or of the train split of a shard set.

    Raises:
        DataprepError: neither is there.
    """
    source = Storage(address).absolute()
    if source.exists(INDEX):
        shards = ShardSet.open(address)
        train = shards.of_split("train")
        return [ShardBatch(source, shard, shards.palette) for shard in train]
    return list(cut_to_batches(source, kept_photos(address)))


def cut_to_batches(source: Storage, photos: Sequence[Photo]) -> Iterator[PhotoBatch]:
    """Yield the photos of a folder in batches."""
    for start in range(0, len(photos), _PHOTOS_PER_BATCH):
        yield PhotoBatch(source, tuple(photos[start : start + _PHOTOS_PER_BATCH]))
