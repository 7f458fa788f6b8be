"""Limits checked from the header, before pixels are decoded."""

import struct
from dataclasses import dataclass

from rich.filesize import decimal

from colorfiles.errors import UnreadableImage
from colorfiles.photos.formats import ALL_FORMATS

MAX_BYTES = 800_000_000  # 200 megapixels of 8 bits
_LEAST_BYTES_PER_PIXEL = 4  # every image becomes colour, and decoders hold that in four bytes
_MOST_TIMES = 250  # max_bytes, of all pages together: a book of 1,400 pages at 600 dpi
_SCAN_CODE = b"\x9d\x01\x2a"  # before the size of a lossy WebP


@dataclass(frozen=True)
class ReadSettings:
    """What is read, and how.

    Args:
        formats: decoders that may be tried, by Pillow's names.
        max_bytes: of an image as decoded, at least four a pixel; checked before decoding.
        min_edge_px: least length of the shorter edge.
        whole: refuse a JPEG whose data end before its last row, which decoders fill silently;
            costs little unless an edge is of one colour.
        significant_bits: of samples stored in 16 or more; None takes what the file says, else
            the smallest usual number that holds its highest level, and notes it.
        metadata: also read the metadata.
    """

    formats: tuple[str, ...] = ALL_FORMATS
    max_bytes: int = MAX_BYTES
    min_edge_px: int = 1
    whole: bool = True
    significant_bits: int | None = None
    metadata: bool = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.significant_bits is not None and not 1 <= self.significant_bits <= 32:
            raise ValueError(f"significant bits: expected 1 to 32, given {self.significant_bits}")
        if self.max_bytes < 1 or self.min_edge_px < 0:
            raise ValueError("limits: expected max_bytes above 0 and min_edge_px of 0 or more")


def decoded_bytes(width: int, height: int, bytes_per_pixel: int = 0) -> int:
    """Return the bytes of an image as decoded, at least four a pixel."""
    return width * height * max(_LEAST_BYTES_PER_PIXEL, bytes_per_pixel)


def refuse_unfit(width: int, height: int, settings: ReadSettings, bytes_per_pixel: int = 0) -> None:
    """Raise UnreadableImage for an image that has too many pixels or too few.

    Args:
        width: in pixels, as stored.
        height: likewise.
        settings: with the limits.
        bytes_per_pixel: as decoded, where that may be more than four.
    """
    size = decoded_bytes(width, height, bytes_per_pixel)
    if size > settings.max_bytes:
        raise UnreadableImage(
            f"too many pixels: {width} x {height}, {decimal(size)} decoded; "
            f"at most {decimal(settings.max_bytes)}"
        )
    if min(width, height) < settings.min_edge_px:
        raise UnreadableImage(f"too small: {width} x {height}")


def refuse_too_much(size: int, settings: ReadSettings) -> None:
    """Raise UnreadableImage if all pages of a file together decode to too many bytes."""
    if size > _MOST_TIMES * settings.max_bytes:
        raise UnreadableImage(
            f"too many pages: {decimal(size)} decoded; "
            f"at most {decimal(_MOST_TIMES * settings.max_bytes)}"
        )


def webp_size(start: bytes) -> tuple[int, int]:
    """Return width and height from a WebP's first 32 bytes, (0, 0) where they don't say.

    Its decoder allocates the pixels when the file is opened.
    """
    kind, body = start[12:16], start[20:]
    if kind == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and len(body) >= 5:
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[3:6] == _SCAN_CODE and len(body) >= 10:
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
