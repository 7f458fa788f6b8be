"""Small damage that viewers tolerate, repaired in memory before decoding."""

import io
import struct
from typing import BinaryIO

from colorfiles.photos.formats import admitted_format, start_of_picture
from colorfiles.photos.jpeg import END_OF_IMAGE, refuse_endless, segments
from colorfiles.photos.limits import ReadSettings
from colorfiles.photos.png import SIGNATURE, chunk, png_chunks

NO_END = "its end mark is missing"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # kinds of SOF
_LINES = 0xDC  # marker DNL of ITU-T T.81: number of lines
_RIFF_HEADER = 12  # bytes before the first chunk of a WebP
_OF_FRAMES = (b"acTL", b"fcTL", b"fdAT")  # chunks of frames, which viewers don't skip


def admitted(file: BinaryIO, settings: ReadSettings) -> tuple[BinaryIO, str, tuple[str, ...]]:
    """Return a repaired file, its format, and notes on the repairs.

    Raises:
        UnreadableImage: no allowed decoder takes it.
    """
    notes: list[str] = []
    if place := start_of_picture(file):
        notes.append(f"{place} bytes before its start were skipped")
        file.seek(place)
        file = io.BytesIO(file.read())
    format_name = admitted_format(file, settings.formats)
    if format_name == "JPEG":
        data = file.read()
        mended = _mended_jpeg(data, notes)
        file = io.BytesIO(mended) if mended is not data else file
    elif format_name == "PNG":
        file = _mended_png(file, notes)
    elif format_name == "WEBP":
        file = _mended_webp(file, notes)
    file.seek(0)
    return file, format_name, tuple(notes)


def _mended_jpeg(data: bytes, notes: list[str]) -> bytes:
    refuse_endless(data)
    frame = lines = 0
    has_end = False
    for kind, start, _ in segments(data):
        has_end = kind == END_OF_IMAGE[1]
        frame = start if kind in _FRAMES and not frame else frame
        lines = start if kind == _LINES and not lines else lines
    if frame and lines and data[frame + 1 : frame + 3] == b"\0\0":
        height = data[lines : lines + 2]
        data = data[: frame + 1] + height + data[frame + 3 :]
        notes.append("its height stands behind its pixels")
    if not has_end:
        data += END_OF_IMAGE
        notes.append(NO_END)
    return data


def _mended_webp(file: BinaryIO, notes: list[str]) -> BinaryIO:
    """Return a WebP with its header's length corrected, if all chunks are complete."""
    size = file.seek(0, io.SEEK_END)
    file.seek(4)
    stated = int.from_bytes(file.read(4), "little") + 8
    place = _RIFF_HEADER
    while place < stated and place + 8 <= size:
        file.seek(place + 4)
        length = int.from_bytes(file.read(4), "little")
        place += 8 + length + length % 2
    is_whole = _RIFF_HEADER < place <= size
    if stated == place or not is_whole:
        return file
    file.seek(0)
    data = file.read(place)
    notes.append("its header has a wrong length")
    return io.BytesIO(data[:4] + struct.pack("<I", place - 8) + data[8:])


def _mended_png(file: BinaryIO, notes: list[str]) -> BinaryIO:
    """Return a PNG without the ancillary chunks whose checksum is wrong."""
    bad: list[tuple[int, int]] = []
    start = len(SIGNATURE)
    for kind, body in png_chunks(file):
        end = start + 12 + len(body)  # with length, kind and checksum
        file.seek(start)
        is_ancillary = kind[0] & 0x20 and kind not in _OF_FRAMES
        if is_ancillary and file.read(end - start) != chunk(kind, body):
            bad.append((start, end))
            notes.append(f"its damaged {kind.decode('latin-1')!r} chunk was left out")
        start = end
    if not bad:
        return file
    file.seek(0)
    data = file.read()
    for first, last in reversed(bad):
        data = data[:first] + data[last:]
    return io.BytesIO(data)
