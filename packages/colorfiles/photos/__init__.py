"""Reading any photo: its formats, its limits, its pixels and what stands beside them."""

from colorfiles.errors import UnreadableImage
from colorfiles.photos.formats import ALL_FORMATS, SUFFIXES, can_decode, format_of
from colorfiles.photos.limits import MAX_BYTES, ReadSettings
from colorfiles.photos.metadata import Metadata
from colorfiles.photos.reading import DecodedImage, ImageHeader, look_at, read_image

__all__ = [
    "ALL_FORMATS",
    "MAX_BYTES",
    "SUFFIXES",
    "DecodedImage",
    "ImageHeader",
    "Metadata",
    "ReadSettings",
    "UnreadableImage",
    "can_decode",
    "format_of",
    "look_at",
    "read_image",
]
