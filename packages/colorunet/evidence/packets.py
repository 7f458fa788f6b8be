"""Location of the XMP packet in an image file, without decoding it.

XMP specification part 3 (ISO 16684-2 and the formats' own specifications) says where each format
has it: an APP1 segment, an iTXt chunk, TIFF tag 700, a RIFF chunk, a uuid box, a GIF extension.
"""

import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from colorunet.evidence.xml_tree import MAX_BYTES

JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
JP2_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
JP2_EXIF = b"JpgTiffExif->JP2"
GIF_XMP = b"\x21\xff\x0bXMP DataXMP"
# The "magic trailer" of XMP part 3, 1.1.2.
GIF_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_PACKET_START, _PACKET_END = b"<x:xmpmeta", b"</x:xmpmeta>"
_JP2_START, _JP2_CODING = b"\xff\x4f\xff\x51", b"\x52"  # SOC with SIZ, and COD
_JP2_HEAD_BYTES = 1 << 16  # in which a codestream begins and says how it is coded
_MOST_CHUNKS = 1 << 20  # bounds the walk through a damaged file
_TIFF_BYTES, _TIFF_UNDEFINED, _TIFF_XMP = 1, 7, 700


def find_packet(file: BinaryIO) -> bytes:
    """Return the XMP packet of an image that is open at its beginning; b"" for none."""
    start = file.read(16)
    for magic, finder in _FINDERS.items():
        if re.match(magic, start, re.DOTALL):
            try:
                return finder(file)
            except (struct.error, zlib.error, OverflowError):  # damaged, or of another kind
                return b""
    return b""


def _of_jpeg(file: BinaryIO) -> bytes:
    place = 2
    while True:
        file.seek(place)
        marker = file.read(4)
        if len(marker) < 4 or marker[0] != 0xFF or marker[1] in (0xDA, 0xD9):
            return b""
        if marker[1] == 0xFF:  # fill
            place += 1
            continue
        length = int.from_bytes(marker[2:], "big")
        if marker[1] == 0xE1 and file.read(len(JPEG_XMP)) == JPEG_XMP:
            return file.read(max(0, length - 2 - len(JPEG_XMP)))
        place += 2 + length


def _of_png(file: BinaryIO) -> bytes:
    for kind, place, length in _chunks(file, 8, ">I4s", padding=4):
        if kind == b"iTXt" and length <= MAX_BYTES:
            file.seek(place)
            body = file.read(length)
            if body.startswith(_PNG_XMP):
                compressed = body[len(_PNG_XMP) : len(_PNG_XMP) + 1] == b"\1"
                text = body[len(_PNG_XMP) + 2 :].split(b"\0", 2)[-1]
                return zlib.decompressobj().decompress(text, MAX_BYTES) if compressed else text
    return b""


def is_lossless_webp(file: BinaryIO) -> bool:
    """Whether the picture of a WebP, or its first frame, is stored without loss."""
    try:
        for kind, place, _ in _chunks(file, 12, "<4sI", even=True):
            if kind == b"ANMF":
                file.seek(place + 16)
                return file.read(4) == b"VP8L"
            if kind in (b"VP8 ", b"VP8L"):
                return kind == b"VP8L"
    except struct.error:
        pass
    return False


def _of_webp(file: BinaryIO) -> bytes:
    for kind, place, length in _chunks(file, 12, "<4sI", even=True):
        if kind == b"XMP ":
            return _read(file, place, length)
    return b""


def _chunks(
    file: BinaryIO, start: int, header: str, *, padding: int = 0, even: bool = False
) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, offset and length of each chunk of a PNG or RIFF file."""
    place = start
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        first, second = struct.unpack(header, file.read(8))
        kind, length = (first, second) if isinstance(first, bytes) else (second, first)
        yield kind, place + 8, length
        place += 8 + length + padding + (length % 2 if even else 0)


def _of_tiff(file: BinaryIO) -> bytes:
    file.seek(0)
    start = file.read(16)
    order = "<" if start.startswith(b"I") else ">"
    big = b"+" in start[:4]
    head, entry, word = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
    (place,) = struct.unpack_from(order + word, start, 8 if big else 4)
    file.seek(place)
    (count,) = struct.unpack(order + head, file.read(struct.calcsize(order + head)))
    entry_bytes = struct.calcsize(order + entry + word)
    table = file.read(min(count, 1 << 16) * entry_bytes)
    for tag, kind, length, offset in struct.iter_unpack(
        order + entry + word, table[: len(table) // entry_bytes * entry_bytes]
    ):
        if tag == _TIFF_XMP and kind in (_TIFF_BYTES, _TIFF_UNDEFINED):
            return _read(file, offset, length)
    return b""


def _of_jp2(file: BinaryIO) -> bytes:
    place = 0
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        length, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            header = 16
        if kind == b"uuid" and file.read(16) == JP2_XMP:
            rest = length - header - 16 if length else MAX_BYTES
            return file.read(max(0, min(rest, MAX_BYTES)))
        if length < header:  # 0: up to the end of the file
            return b""
        place += length
    return b""


def is_reversible_jp2(file: BinaryIO) -> bool:
    """Whether the wavelets of a JPEG 2000 are those that lose nothing; ITU-T T.800, A.6.1."""
    file.seek(0)
    start = file.read(_JP2_HEAD_BYTES)
    place = start.find(_JP2_START) + 2
    while place >= 2 and start[place : place + 1] == b"\xff":
        if start[place + 1 : place + 2] == _JP2_CODING:
            return start[place + 13 : place + 14] == b"\1"
        place += 2 + int.from_bytes(start[place + 2 : place + 4], "big")
    return False


def _of_gif(file: BinaryIO) -> bytes:
    file.seek(0)
    data = file.read()
    start = data.rfind(GIF_XMP)
    end = data.find(GIF_TRAILER[:-1], start)
    return data[start + len(GIF_XMP) : end] if 0 <= start < end else b""


def _scanned(file: BinaryIO) -> bytes:
    file.seek(0)
    data = file.read()
    start = data.find(_PACKET_START)
    end = data.find(_PACKET_END, start)
    return data[start : end + len(_PACKET_END)] if 0 <= start < end else b""


def _read(file: BinaryIO, place: int, length: int) -> bytes:
    if length > min(MAX_BYTES, file.seek(0, os.SEEK_END)):
        return b""
    file.seek(place)
    return file.read(length)


_FINDERS: dict[bytes, Callable[[BinaryIO], bytes]] = {
    rb"\xff\xd8\xff": _of_jpeg,
    rb"\x89PNG\r\n\x1a\n": _of_png,
    rb"II[*+]\0|MM\0[*+]": _of_tiff,
    rb"RIFF....WEBP": _of_webp,
    rb"\0\0\0\x0cjP  \r\n\x87\n": _of_jp2,
    rb"GIF8": _of_gif,
    rb"....ftyp": _scanned,  # AVIF and HEIC: an item at any place
}
