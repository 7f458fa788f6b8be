"""Chunks of a PNG, and samples of 16 bits that Pillow reduces to 8.

Chunks and sample depths: https://www.w3.org/TR/png-3/.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

from colorfiles.photos.pixels import as_array

GRAY, RGB, GRAY_ALPHA, RGB_ALPHA = 0, 2, 4, 6
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = 33  # signature (8 bytes) and IHDR with length, type and checksum (25)


def depth_and_kind(file: BinaryIO) -> tuple[int, int]:
    """Return bits of a sample and colour type; (0, 0) where the header doesn't come first."""
    file.seek(0)
    start = file.read(_HEADER_END)
    file.seek(0)
    if len(start) < _HEADER_END or start[12:16] != b"IHDR":
        return 0, 0
    return start[24], start[25]


def png_chunks(file: BinaryIO, *, until: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each complete chunk.

    Args:
        file: with the PNG.
        until: the kind of chunk to stop at, which isn't read.
    """
    position = 8
    while True:
        file.seek(position)
        start = file.read(8)
        if len(start) < 8 or start[4:] == until:
            return
        length = int.from_bytes(start[:4], "big")
        body = file.read(length)
        if len(body) < length:
            return
        yield start[4:], body
        position += 12 + length


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk as it stands in a file."""
    sealed = kind + body
    return struct.pack(">I", len(body)) + sealed + struct.pack(">I", zlib.crc32(sealed))


def gray_and_alpha_16(file: BinaryIO) -> tuple[Image.Image, np.ndarray, np.ndarray]:
    """Return the image, its gray and its alpha (uint16) from a PNG of both in 16 bits.

    Pillow reduces them to 8. Described as 8-bit RGBA the same bytes are four samples a pixel,
    filtered in the same way, and come through whole.
    """
    file.seek(0)
    data = bytearray(file.read())
    data[24:26] = bytes((8, RGB_ALPHA))
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.load()
    pairs = as_array(image).view(">u2")
    return image, pairs[..., 0].astype(np.uint16), pairs[..., 1].astype(np.uint16)


def color_16(file: BinaryIO, kind: int) -> np.ndarray:
    """Return the samples (H, W, 3 or 4) uint16 of a PNG of RGB or RGBA in 16 bits.

    Pillow keeps the upper byte of each. Read as little-endian it keeps the lower one, so that
    decoding twice gives both.
    """
    mode = "RGBA" if kind == RGB_ALPHA else "RGB"
    samples = _bytes_of_samples(file, f"{mode};16B").astype(np.uint16)
    samples <<= 8
    samples |= _bytes_of_samples(file, f"{mode};16L")
    return samples


def _bytes_of_samples(file: BinaryIO, raw_mode: str) -> np.ndarray:
    file.seek(0)
    with Image.open(file, formats=("PNG",)) as image:
        image.tile = [tile._replace(args=raw_mode) for tile in image.tile]
        image.load()
        return as_array(image)


def transparent_level(image: Image.Image, depth: int, kind: int) -> object:
    """Return the transparent level or colour, scaled as Pillow scales the pixels; None for none.

    Pillow scales that of 1 bit, and leaves those of 2, 4 and 16 as the file has them.
    """
    transparency = image.info.get("transparency")
    if transparency is None or kind not in (GRAY, RGB):
        return transparency
    if kind == RGB:
        return tuple(value >> 8 for value in transparency) if depth == 16 else transparency
    return transparency * (255 // ((1 << depth) - 1)) if depth in (2, 4) else transparency
