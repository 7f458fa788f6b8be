"""Decoding a photo's bytes, and facts measured from its pixels."""

import threading
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from colorfiles.photos import (
    SUFFIXES,
    DecodedImage,
    ReadSettings,
    UnreadableImage,
    look_at,
    read_image,
)
from dataprep.errors import UnusablePhoto
from dataprep.photos.colorless import lack_of_color
from dataprep.photos.copy_prints import copy_print
from dataprep.photos.reservations import reservation

__all__ = [
    "SUFFIXES",
    "WEB_FORMATS",
    "ImageLimits",
    "PhotoFacts",
    "decode_photo",
    "examine",
    "perceptual_hash",
]

WEB_FORMATS = ("JPEG", "PNG", "GIF")
_LARGE_BYTES = 100_000_000  # decoded one at a time, however many threads there are
_one_large = threading.Lock()


@dataclass(frozen=True)
class ImageLimits(ReadSettings):
    """Limits on photos, with a least edge for training."""

    min_edge_px: int = 64


@dataclass(frozen=True)
class PhotoFacts:
    """Facts of a decoded photo; width and height are after EXIF rotation.

    ``lack_of_color`` is ``gray`` or ``toned`` (a gray photo in one tint), "" for one in colour.
    """

    format: str
    width: int
    height: int
    lack_of_color: str
    perceptual_hash: str
    copy_print: str


def decode_photo(
    data: bytes, limits: ImageLimits | None = None, *, near_px: int | None = None
) -> Image.Image:
    """Return the photo as upright 8-bit sRGB.

    EXIF rotation is applied, transparency composited on white, embedded profiles converted to sRGB,
    and the first page or frame taken of several. With ``near_px`` a JPEG may be decoded at a
    reduced scale whose shorter edge is still at least that long.

    Raises:
        UnusablePhoto: no allowed decoder takes it, it is damaged, or it is out of ``limits``.
    """
    return _decoded(data, limits or ImageLimits(), near_px).rgb()


def examine(data: bytes, limits: ImageLimits | None = None) -> PhotoFacts:
    """Decode a whole photo and return its facts.

    Raises:
        UnusablePhoto: as in ``decode_photo``, part of the picture is missing, or its metadata
            reserve data mining or AI training.
    """
    limits = limits or ImageLimits()
    if reason := reservation(data):
        raise UnusablePhoto(reason)
    with _one_large if _is_large(data, limits) else nullcontext():
        decoded = _decoded(data, limits, None)
        image = decoded.rgb()
        return PhotoFacts(
            format=decoded.format,
            width=image.width,
            height=image.height,
            lack_of_color=lack_of_color(image),
            perceptual_hash=perceptual_hash(image),
            copy_print=copy_print(image),
        )


def perceptual_hash(image: Image.Image) -> str:
    """Return a 64-bit perceptual hash (pHash: DCT of luma) as 16 hex digits."""
    small = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), dtype=np.float64)
    dct = _dct_rows()
    low = (dct @ small @ dct.T).ravel()
    # The median of all but the first, the mean brightness, which doesn't distinguish photos.
    bits = low > np.sort(low[1:])[31]
    return np.packbits(bits).tobytes().hex()


@cache
def _dct_rows() -> np.ndarray:
    frequency, position = np.arange(8)[:, None], np.arange(32)[None, :]
    return np.cos(np.pi * frequency * (2 * position + 1) / 64)


def _decoded(data: bytes, limits: ImageLimits, near_px: int | None) -> DecodedImage:
    try:
        return read_image(data, limits, near_px=near_px)
    except UnreadableImage as error:
        raise UnusablePhoto(error.reason) from None


def _is_large(data: bytes, limits: ImageLimits) -> bool:
    if len(data) < _LARGE_BYTES // 10_000:  # not even a picture of one color
        return False
    try:
        return look_at(data, limits).decoded_bytes > _LARGE_BYTES
    except UnreadableImage as error:
        raise UnusablePhoto(error.reason) from None
