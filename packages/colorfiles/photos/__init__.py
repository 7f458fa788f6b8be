"""Read any photo: formats, limits, pixels and metadata."""

from colorfiles.errors import UnreadableImage
from colorfiles.photos.decoded import DecodedImage, ImageHeader
from colorfiles.photos.formats import (
    ALL_FORMATS,
    FIRST_BYTES,
    SUFFIXES,
    can_decode,
    format_of,
    looks_like_picture,
)
from colorfiles.photos.limits import MAX_BYTES, ReadSettings
from colorfiles.photos.metadata import Metadata
from colorfiles.photos.reading import look_at, read_image, read_pages

__all__ = [
    "ALL_FORMATS",
    "FIRST_BYTES",
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
    "looks_like_picture",
    "read_image",
    "read_pages",
]
