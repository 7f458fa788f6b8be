"""TIFF of pages of 8 or 16 bits from bands of rows, losslessly compressed.

Pillow writes no 16 bits of colour. Tags: TIFF 6.0; deflate and predictor: Adobe's technical note.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from colorfiles.photos import Metadata
from colorfiles.photos.iptc import iptc_records
from colorunet.coloring.composing import ColoredImage

_LEVEL = 4  # of zlib: higher ones save few bytes of photographs and take longer
_STRIP_BYTES = 1 << 18
_MOST_BYTES = (1 << 32) - (1 << 26)  # addresses have 32 bits
_SHORT, _LONG = 3, 4
_OWN = frozenset((256, 257, 258, 259, 262, 273, 277, 278, 279, 282, 283, 284, 296, 317, 338, 339))
_NOT_KEPT = _OWN | {700, 34675, 254, 255, 266, 274, 322, 323, 324, 325, 330}


class TiffTooLong(OSError):
    """Pages beyond the reach of a TIFF's 32-bit offsets."""


def write_tiff(file: BinaryIO, pages: Iterable[tuple[ColoredImage, bytes]]) -> None:
    """Write pages, each at its own size and depth.

    Args:
        file: to write to; at its beginning.
        pages: images, each with the ICC profile of its pixels, or none.

    Raises:
        TiffTooLong: they take more than 4 GB.
    """
    file.write(b"II*\0" + struct.pack("<I", 0))
    link = 4  # where the address of the next page belongs
    for image, profile in pages:
        offsets, counts, rows = _write_strips(file, image)
        directory = _directory(image, profile)
        directory[278], directory[279] = rows, tuple(counts)
        directory[273] = (0,) * len(offsets)
        for tag in (273, 278, 279):
            directory.tagtype[tag] = _LONG
        link = _write_directory(file, directory, offsets, link)


def _write_strips(file: BinaryIO, image: ColoredImage) -> tuple[list[int], list[int], int]:
    row_bytes = image.size[0] * image.channels * image.bits // 8
    rows = max(1, min(image.size[1], _STRIP_BYTES // row_bytes))
    offsets: list[int] = []
    counts: list[int] = []
    waiting = np.empty((0, image.size[0], image.channels), image.luma.dtype)
    for band in image.bands():
        waiting = np.concatenate((waiting, band)) if len(waiting) else band
        whole = len(waiting) - len(waiting) % rows
        for top in range(0, whole, rows):
            _write_strip(file, waiting[top : top + rows], offsets, counts)
        waiting = waiting[whole:]
    if len(waiting):
        _write_strip(file, waiting, offsets, counts)
    return offsets, counts, rows


def _write_strip(file: BinaryIO, strip: np.ndarray, offsets: list[int], counts: list[int]) -> None:
    steps = strip.copy()
    steps[:, 1:] -= strip[:, :-1]  # predictor 2
    data = zlib.compress(steps.astype(steps.dtype.newbyteorder("<")).tobytes(), _LEVEL)
    offsets.append(file.tell())
    counts.append(len(data))
    if file.tell() + len(data) > _MOST_BYTES:
        raise TiffTooLong("more than the 4 GB that a TIFF may have")
    file.write(data)


def _directory(image: ColoredImage, profile: bytes) -> ImageFileDirectory_v2:
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    _keep_exif(directory, image.metadata)
    width, height = image.size
    longs = {256: width, 257: height}
    shorts = {258: (image.bits,) * image.channels, 259: 8, 262: 2, 277: image.channels, 284: 1}
    shorts |= {317: 2, 274: 1}
    if image.channels == 4:
        shorts[338] = 2
    for kind, values in ((_LONG, longs), (_SHORT, shorts)):
        for tag, value in values.items():
            directory.tagtype[tag] = kind
            directory[tag] = value
    if image.metadata.dpi:
        directory[282], directory[283] = (
            IFDRational(round(dots * 100), 100) for dots in image.metadata.dpi
        )
        directory[296] = 2
    iptc = image.metadata.iptc
    further = ((700, image.metadata.xmp, 1), (34377, iptc, 1), (33723, iptc_records(iptc), 7))
    for tag, data, kind in (*further, (34675, profile, 7)):
        if data:
            directory.tagtype[tag] = kind
            directory[tag] = data
    return directory


def _keep_exif(directory: ImageFileDirectory_v2, metadata: Metadata) -> None:
    if not metadata.exif:
        return
    exif = Image.Exif()
    exif.load(metadata.exif)
    for tag in exif:
        if tag in (0x8769, 0x8825):
            directory.tagtype[tag] = _LONG
            directory[tag] = {key: _exactly(value) for key, value in exif.get_ifd(tag).items()}
        elif tag not in _NOT_KEPT:
            directory[tag] = _exactly(exif[tag])


def _exactly(value: object) -> object:
    # As a text Pillow would write its letters beyond ASCII as question marks.
    if isinstance(value, str) and not value.isascii():
        return value.encode("latin-1", "replace")
    return value


def _write_directory(
    file: BinaryIO, directory: ImageFileDirectory_v2, offsets: list[int], link: int
) -> int:
    """Write a directory, linked at ``link``; return the place of the next link."""
    file.write(b"\0" * (file.tell() % 2))
    start = file.tell()
    file.write(directory.tobytes(start))
    file.seek(link)
    file.write(struct.pack("<I", start))
    # Pillow moves the addresses of strips behind the directory; here they stand before it.
    entry = start + 2 + 12 * sorted(directory).index(273)
    file.seek(entry + 8)
    if len(offsets) > 1:
        (place,) = struct.unpack("<I", file.read(4))
        file.seek(place)
    file.write(struct.pack(f"<{len(offsets)}I", *offsets))
    file.seek(0, 2)
    return start + 2 + 12 * len(directory)
