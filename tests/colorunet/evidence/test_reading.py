"""Marks found in files of each format without decoding them."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from colorunet.evidence.mark import Mark
from colorunet.evidence.packets import GIF_TRAILER, GIF_XMP, JP2_XMP, JPEG_XMP
from colorunet.evidence.reading import is_marked, read_mark
from colorunet.evidence.sidecar import sidecar_names, write_sidecar
from colorunet.evidence.xmp import with_mark

MARK = Mark("0.1.0", "colorunet", "ab" * 32, "2026-11-30")
XMP = with_mark(b"", MARK)


def _saved(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 99, 199)).save(file, kind, **options)
    return file.getvalue()


def _jpeg() -> bytes:
    data = _saved("JPEG")
    body = JPEG_XMP + XMP
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def _png(*, compressed: bool) -> bytes:
    data = _saved("PNG")
    text = zlib.compress(XMP) if compressed else XMP
    body = b"iTXtXML:com.adobe.xmp\0" + bytes((compressed, 0)) + b"\0\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:-12] + chunk + data[-12:]


def _tiff(byte_order: str, *, big: bool) -> bytes:
    file = io.BytesIO()
    tags = [(700, 1, len(XMP), XMP, True)]
    with tifffile.TiffWriter(file, byteorder=byte_order, bigtiff=big) as writer:
        writer.write(np.zeros((8, 8), np.uint8), extratags=tags)
    return file.getvalue()


def _jp2() -> bytes:
    box = struct.pack(">I4s", 24 + len(XMP), b"uuid") + JP2_XMP + XMP
    signature = b"\0\0\0\x0cjP  \r\n\x87\n"
    return signature + struct.pack(">I4s", 8, b"ftyp") + box + struct.pack(">I4s", 0, b"jp2c")


FILES = {
    "a.jpg": _jpeg(),
    "a.png": _png(compressed=False),
    "deflated.png": _png(compressed=True),
    "a.webp": _saved("WEBP", xmp=XMP),
    "little.tif": _tiff("<", big=False),
    "big.tif": _tiff(">", big=True),
    "a.jp2": _jp2(),
    "a.gif": _saved("GIF")[:-1] + GIF_XMP + XMP + GIF_TRAILER + b";",
    "a.avif": b"\0\0\0\x14ftypavif" + bytes(99) + XMP + bytes(9),
}


@pytest.mark.parametrize("name", FILES)
def test_a_mark_is_found_in_each_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert read_mark(path) == MARK


@pytest.mark.parametrize("name", FILES)
def test_files_cut_anywhere_are_read_without_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for end in range(0, len(FILES[name]), 97):
        path.write_bytes(FILES[name][:end])
        is_marked(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_a_picture_of_another_program_has_no_mark(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(_saved(kind))
    assert not is_marked(path)


def test_what_cannot_be_opened_has_no_mark(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.jpg")
    assert not is_marked(tmp_path / "fifo.jpg")
    assert not is_marked(tmp_path / "missing.jpg")
    assert not is_marked(tmp_path)


def test_a_sidecar_marks_the_picture_that_it_names(tmp_path: Path) -> None:
    picture, other = tmp_path / "a.bmp", tmp_path / "a.tga"
    for path in (picture, other):
        path.write_bytes(b"BM")
    assert write_sidecar(picture, b"", MARK) == tmp_path / "a.xmp"
    assert read_mark(picture) == MARK
    assert not is_marked(other)
    assert write_sidecar(other, b"", MARK) == tmp_path / "a.tga.xmp"
    assert is_marked(other)


def test_a_sidecar_of_another_file_is_kept(tmp_path: Path) -> None:
    picture = tmp_path / "a.bmp"
    short, long = sidecar_names(picture)
    short.write_bytes(with_mark(b"", MARK))  # names no file
    before = short.read_bytes()
    assert write_sidecar(picture, b"", MARK) == long
    assert short.read_bytes() == before
