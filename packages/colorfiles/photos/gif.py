"""Frames of a GIF, found before any is decoded.

https://www.w3.org/Graphics/GIF/spec-gif89a.txt; where browsers differ from it they are followed.
"""

import struct

from colorfiles.errors import UnreadableImage
from colorfiles.photos.animation import Animation, Disposal, Frame

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT = 0xF9, 0xFE
_HEADER_BYTES, _IMAGE_BYTES = 13, 10
_MOST_COMMENTS = 4096  # blocks of up to 255 bytes; Pillow copies all earlier ones for each
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE, 4: Disposal.RESTORE}  # 4 as browsers do


def gif_animation(data: bytes) -> Animation:
    """Return the frames of a GIF; one frame where it doesn't move.

    Raises:
        UnreadableImage: there is none, or an excessive number of comment blocks.
    """
    header = data[:_HEADER_BYTES].ljust(_HEADER_BYTES, b"\0")
    position = _HEADER_BYTES + _table_bytes(header[10])
    shared = data[_HEADER_BYTES:position]
    frames: list[Frame] = []
    control, comments = bytes(4), 0
    while position + _IMAGE_BYTES < len(data) and data[position] != _TRAILER:
        if data[position] == _EXTENSION:
            kind = data[position + 1]
            if kind == _CONTROL:
                control = data[position + 3 : position + 7]
            position, pieces = _after_pieces(data, position + 2)
            comments += (pieces + 1) * (kind == _COMMENT)
            if comments > _MOST_COMMENTS:
                raise UnreadableImage("undecodable: a GIF of endless comments")
        elif data[position] == _IMAGE:
            start, flags = position + _IMAGE_BYTES, data[position + 9]
            pixels = start + _table_bytes(flags)
            box = struct.unpack_from("<4H", data, position + 1)
            position, _ = _after_pieces(data, pixels + 1)
            table = data[start:pixels] or shared
            still = _still(control, box[2:], table, flags & 0x40, data[pixels:position])
            frames.append(_frame(still, box, control))
            control = bytes(4)
        else:  # continue with the next byte, as Pillow does
            position += 1
    if not frames:
        raise UnreadableImage("undecodable: a GIF without an image")
    return Animation(_canvas(header, frames[0]), tuple(frames))


def _frame(still: bytes, box: tuple[int, ...], control: bytes) -> Frame:
    flags, delay = struct.unpack_from("<BH", control)
    left, top, width, height = box
    return Frame(
        still,
        (left, top, width, height),
        _DISPOSALS.get(flags >> 2 & 7, Disposal.KEEP),
        duration_ms=10 * delay,
    )


def _canvas(header: bytes, first: Frame) -> tuple[int, int]:
    """Return the size of the canvas, which grows for the first frame and for no later one."""
    width, height = struct.unpack_from("<HH", header, 6)
    left, top, right, bottom = first.box
    return max(width, left + right), max(height, top + bottom)


def _still(
    control: bytes, size: tuple[int, ...], table: bytes, interlaced: int, pieces: bytes
) -> bytes:
    """Return a GIF of one frame alone."""
    clear = struct.pack("<BBBB3sB", _EXTENSION, _CONTROL, 4, control[0] & 1, control[1:], 0)
    depth = max(0, (len(table) // 3).bit_length() - 2)
    start = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80 | depth if table else 0, 0, 0)
    image = struct.pack("<B4HB", _IMAGE, 0, 0, *size, interlaced)
    return b"".join((start, table, clear, image, pieces, b"\0;"))


def _after_pieces(data: bytes, position: int) -> tuple[int, int]:
    """Return the end of a chain of sub-blocks that starts at ``position``, and their number."""
    pieces = 0
    while position < len(data) and data[position]:
        position += 1 + data[position]
        pieces += 1
    return position + 1, pieces


def _table_bytes(flags: int) -> int:
    """Return the size of the colour table that a flags byte declares."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
