"""Tags of few bytes that ask for gigabytes are refused before Pillow copies a value."""

import io
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image

from colorfiles.photos import UnreadableImage, look_at, read_image
from colorfiles.photos.tiff_pages import photo_pages

_VALUE_BYTES = 1 << 20
_MOST_BYTES = 24 << 20


def _directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + packed + bytes(4)


def _greedy(tags: int, known: tuple[tuple[int, int, int, int], ...] = ()) -> bytes:
    """Return a TIFF, or what EXIF is, whose further tags all point at the same megabyte."""
    value_at = 8 + 2 + 12 * (len(known) + tags) + 4
    greedy = [(40_000 + number, 7, _VALUE_BYTES, value_at) for number in range(tags)]
    return b"II*\0\x08\0\0\0" + _directory([*known, *greedy]) + bytes(_VALUE_BYTES)


def _tiff(tags: int) -> bytes:
    sizes = ((256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1))
    strip_at = 8 + 2 + 12 * (8 + tags) + 4
    return _greedy(tags, (*sizes, (273, 4, 1, strip_at), (278, 3, 1, 8), (279, 4, 1, 64)))


def _png(tags: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    exif = b"eXIf" + _greedy(tags)
    chunk = struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif))
    return buffer.getvalue().replace(b"\0\0\0\0IEND", chunk + b"\0\0\0\0IEND")


@pytest.mark.parametrize("made", [_tiff, _png])
def test_values_that_lie_on_one_another_are_not_copied(made) -> None:
    assert read_image(made(2)).size == (8, 8)  # some writers share a few
    data = made(2000)
    tracemalloc.start()
    with pytest.raises(UnreadableImage, match="overlapping tags"):
        read_image(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < _MOST_BYTES


def test_pages_that_each_copy_the_same_are_counted_together() -> None:
    """A page's directory may lie in that of another, too."""
    pages, count = 50, 0xFFFF
    first = 8
    data = bytearray(b"\xff" * (first + 4 * pages + 2 + 12 * count + 4))
    data[:8] = b"II*\0" + struct.pack("<I", first)
    for page in range(pages):
        place = first + 4 * page
        following = place + 2 + 12 * count
        data[following : following + 4] = struct.pack("<I", place + 4 if page < pages - 1 else 0)
    with pytest.raises(UnreadableImage, match="overlapping tags"):
        look_at(bytes(data))


def test_pages_may_share_a_profile() -> None:
    buffer = io.BytesIO()
    page = Image.new("L", (9, 5))
    page.save(buffer, "TIFF", save_all=True, append_images=[page] * 30, icc_profile=bytes(3000))
    assert len(photo_pages(buffer)) == 31
