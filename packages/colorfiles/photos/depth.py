"""Bits of a sample as stored, where Pillow reduces them to 8 without saying so."""

import re
from typing import BinaryIO

from PIL import Image

_HEADER_BYTES = 1 << 16
_PPM = re.compile(rb"P[36](?:\s+|#[^\n]*\n)+\d+(?:\s+|#[^\n]*\n)+\d+(?:\s+|#[^\n]*\n)+(\d+)")
_SIZE, _SIZE_BITS = b"\xff\x4f\xff\x51", 42  # of a JPEG 2000: from its start to the first depth
_PIXI, _PIXI_BITS = b"pixi", 9  # of HEIF and AVIF, likewise


def stored_bits(file: BinaryIO, image: Image.Image) -> int:
    """Return bits of a sample of a JPEG 2000, HEIF, AVIF or PPM; 0 if unknown."""
    file.seek(0)
    start = file.read(_HEADER_BYTES)
    if image.format == "PPM":
        match = _PPM.match(start)
        return int(match[1][:6]).bit_length() if match else 0
    if image.format == "JPEG2000":
        place = start.find(_SIZE)
        depth = start[place + _SIZE_BITS : place + _SIZE_BITS + 1]
        return (depth[0] & 0x7F) + 1 if place >= 0 and depth else 0
    if image.format in ("HEIF", "AVIF"):
        place = start.find(_PIXI)
        depth = start[place + _PIXI_BITS : place + _PIXI_BITS + 1]
        return depth[0] if place >= 0 and depth else 0
    return 0
