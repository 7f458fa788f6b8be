"""Bound on the bytes that TIFF and EXIF directories copy, checked before Pillow reads them.

Every value is copied, and many may point at the same bytes: a megabyte could expand to terabytes.
"""

import os
import struct
from typing import IO

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from colorfiles.errors import UnreadableImage

_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_MOST_TIMES = 4  # the file: writers let pages share a profile or a resolution
_HARMLESS_BYTES = 16 << 20  # copied whatever the size of the file
_WEIGHT = 8  # of an entry's bytes: taking one apart costs more than copying


class CopiedBytes:
    """Total bytes that the directories of a file copy.

    Args:
        file: with the directories.
    """

    def __init__(self, file: IO[bytes]) -> None:
        place = file.tell()
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._copied = 0
        file.seek(place)

    def add(self, tags: ImageFileDirectory_v2) -> None:
        """Add the directory at the file's position, which is restored afterwards.

        Raises:
            UnreadableImage: the total is far beyond the file's size.
        """
        place = self._file.tell()
        self._copied += self._bytes_of(tags.prefix == b"MM", getattr(tags, "_bigtiff", False))
        if self._copied > max(_HARMLESS_BYTES, _MOST_TIMES * self._size):
            raise UnreadableImage("undecodable: overlapping tags")
        self._file.seek(place)

    def _bytes_of(self, big_endian: bool, big_tiff: bool) -> int:
        head, entry, inline = ("Q", "HHQQ", 8) if big_tiff else ("H", "HHII", 4)
        order = ">" if big_endian else "<"
        start = self._file.read(struct.calcsize(order + head))
        if len(start) < struct.calcsize(order + head):
            return 0
        length = struct.calcsize(order + entry)
        content = self._file.read(min(struct.unpack(order + head, start)[0], self._size) * length)
        copied = _WEIGHT * len(content)
        for _, kind, count, place in struct.iter_unpack(
            order + entry, content[: len(content) // length * length]
        ):
            size = count * _UNITS.get(kind, 0)
            if size > inline:
                if place + size > self._size:
                    break  # there Pillow stops, too
                copied += size
        return copied
