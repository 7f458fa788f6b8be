"""GIFs whose comments Pillow would join for hours: each one anew with all before it."""

from typing import BinaryIO

from colorfiles.errors import UnreadableImage

_EXTENSION, _IMAGE, _COMMENT = 0x21, 0x2C, 0xFE
_HEADER_BYTES, _IMAGE_BYTES = 13, 9
_MOST_COMMENTS = 4096  # pieces of up to 255 bytes


def refuse_endless_comments(stream: BinaryIO) -> None:
    """Raise UnreadableImage for a GIF with more comments than anybody wrote."""
    data = stream.read()
    position = _HEADER_BYTES + _table_bytes(data[10:11])
    comments = 0
    while position + 1 < len(data):
        if data[position] == _EXTENSION:
            is_comment = data[position + 1] == _COMMENT
            position += 2
        elif data[position] == _IMAGE:
            is_comment = False
            flags = data[position + _IMAGE_BYTES : position + _IMAGE_BYTES + 1]
            position += 1 + _IMAGE_BYTES + _table_bytes(flags) + 1
        else:  # Pillow goes on with the next byte
            position += 1
            continue
        while position < len(data) and data[position]:
            position += 1 + data[position]
            comments += is_comment
        position += 1
        comments += is_comment
        if comments > _MOST_COMMENTS:
            raise UnreadableImage("undecodable: a GIF of endless comments")


def _table_bytes(flags: bytes) -> int:
    """Return how long the colour table is that a byte of flags announces."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0
