"""Samples of a TIFF page at full depth, also in layouts that Pillow doesn't support.

Pillow has no mode for most of what scanners write in more than 8 bits. Each page is described to
it as 8-bit gray, a pixel per byte of a sample: Pillow decompresses strips and tiles, with every
compression of its libtiff, and the bytes are arranged here.
TIFF 6.0: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image

from colorfiles.errors import UnreadableImage
from colorfiles.photos.tiff_pages import TiffPage

_GROUP_BYTES = 1 << 24  # decompressed at once
_BYTEWISE = (1, 5, 8, 32773, 32946, 34925, 50000)  # none, LZW, deflate, PackBits, LZMA, Zstandard
_HORIZONTAL, _FLOATING = 2, 3  # predictors
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}


@dataclass(frozen=True)
class _Layout:
    """Chunks (strips or tiles) of one plane: their places, and how samples lie in them."""

    width: int  # of a chunk, in pixels
    height: int
    across: int
    samples: int  # a pixel
    bits: int
    row_bytes: int


def read_samples(file: BinaryIO, page: TiffPage) -> np.ndarray:
    """Return a page's samples (H, W, n), not scaled, inverted or turned.

    Raises:
        UnreadableImage: its compression or arrangement isn't known, or data are missing.
    """
    _refuse_unknown(page)
    planes = page.samples if page.planar else 1
    layout = _layout(page, page.samples // planes)
    down = -(-page.height // layout.height)
    if len(page.offsets) != planes * down * layout.across:
        raise UnreadableImage("undecodable: a TIFF page with strips or tiles missing")
    samples = np.empty(
        (page.height, page.width, page.samples), dtype=_dtype(page).newbyteorder("=")
    )
    for plane in range(planes):
        target = samples[..., plane : plane + 1] if page.planar else samples
        first = plane * down * layout.across
        top = 0
        for rows in _rows(file, page, layout, range(first, first + down * layout.across)):
            height = min(len(rows), page.height - top)
            target[top : top + height] = rows[:height, : page.width]
            top += height
    return samples


def _refuse_unknown(page: TiffPage) -> None:
    if page.compression not in _BYTEWISE:
        raise UnreadableImage(
            f"undecodable: a TIFF of {page.bits} bits with compression {page.compression}"
        )
    if page.bits not in (8, 16, 32, 64) and not (
        page.bits in (1, 2, 4, 10, 12, 14) and page.sample_format == 1
    ):
        raise UnreadableImage(f"undecodable: a TIFF of {page.bits} bits a sample")
    if page.sample_format not in _KINDS or (page.sample_format == 3 and page.bits == 8):
        raise UnreadableImage(f"undecodable: a TIFF of sample format {page.sample_format}")
    if page.predictor not in (1, _HORIZONTAL, _FLOATING) or (page.predictor > 1 and page.bits % 8):
        raise UnreadableImage(f"undecodable: a TIFF with predictor {page.predictor}")


def _dtype(page: TiffPage) -> np.dtype:
    size = next(size for size in (1, 2, 4, 8) if page.bits <= 8 * size)
    return np.dtype(f"{page.byte_order}{_KINDS[page.sample_format]}{size}")


def _layout(page: TiffPage, samples: int) -> _Layout:
    width = page.tile_width or page.width
    height = page.tile_height or min(page.rows_per_strip, page.height)
    if width < 1 or height < 1:
        raise UnreadableImage("undecodable: a TIFF with strips or tiles of unusual size")
    return _Layout(
        width=width,
        height=height,
        across=-(-page.width // width),
        samples=samples,
        bits=page.bits,
        row_bytes=-(-width * samples * page.bits // 8),
    )


def _rows(file: BinaryIO, page: TiffPage, layout: _Layout, chunks: range) -> Iterator[np.ndarray]:
    """Yield arrays (rows, W, n): a row of tiles, or some strips, at a time."""
    strips = max(1, _GROUP_BYTES // (layout.height * layout.row_bytes)) if layout.across == 1 else 1
    per_group = layout.across * strips
    left = page.height
    for start in range(chunks.start, chunks.stop, per_group):
        group = range(start, min(start + per_group, chunks.stop))
        height = layout.height * (len(group) // layout.across)
        if not page.tile_width:
            height = min(height, left)
        left -= height
        content = _decompressed(file, page, layout, group, height)
        yield _arranged(content, page, layout, height)


def _decompressed(
    file: BinaryIO, page: TiffPage, layout: _Layout, group: range, height: int
) -> bytes:
    data = []
    for number in group:
        file.seek(page.offsets[number])
        data.append(file.read(page.byte_counts[number]))
        if len(data[-1]) < page.byte_counts[number]:
            raise UnreadableImage("undecodable: image file is truncated")
    if page.compression == 1 and page.fill_order == 1 and layout.across == 1:
        content = b"".join(data)
        if len(content) < height * layout.row_bytes:
            raise UnreadableImage("undecodable: image file is truncated")
        return content[: height * layout.row_bytes]
    alone = _as_gray_bytes(page, layout, data, height)
    with Image.open(io.BytesIO(alone), formats=("TIFF",)) as image:
        return image.tobytes()


def _as_gray_bytes(page: TiffPage, layout: _Layout, data: list[bytes], height: int) -> bytes:
    """Return a TIFF of the chunks alone, a sample for each of their bytes."""
    count = len(data)
    tiled = bool(page.tile_width)
    entries = {256: layout.row_bytes * layout.across, 257: height, 258: 8}
    entries |= {259: page.compression, 262: 1, 266: page.fill_order, 277: 1}
    if tiled:
        entries |= {322: layout.row_bytes, 323: layout.height}
    else:
        entries |= {278: layout.height}
    places, counts = (324, 325) if tiled else (273, 279)
    start = 8 + 2 + 12 * (len(entries) + 2) + 4
    body = start + 8 * count
    offsets = [body]
    for chunk in data[:-1]:
        offsets.append(offsets[-1] + len(chunk))
    arrays = {places: (start, offsets), counts: (start + 4 * count, [len(c) for c in data])}
    directory = b""
    for tag in sorted(entries | arrays):
        if tag in entries:
            directory += struct.pack("<HHII", tag, 4, 1, entries[tag])
        else:
            place, values = arrays[tag]
            directory += struct.pack("<HHII", tag, 4, count, values[0] if count == 1 else place)
    header = b"II*\0" + struct.pack("<IH", 8, len(entries) + 2)
    tables = struct.pack(f"<{2 * count}I", *offsets, *arrays[counts][1])
    return b"".join((header, directory, bytes(4), tables, *data))


def _arranged(content: bytes, page: TiffPage, layout: _Layout, height: int) -> np.ndarray:
    width, n = layout.width, layout.samples
    if page.bits % 8:
        values = _unpacked(content, height * layout.across, layout)
    elif page.predictor == _FLOATING:
        values = _undo_floating(content, layout, page.bits // 8)
    else:
        values = np.frombuffer(content, dtype=_dtype(page))
    values = values.reshape(height, layout.across, width, n)
    if page.predictor == _HORIZONTAL:
        whole = np.dtype(f"u{page.bits // 8}")
        native = values.astype(values.dtype.newbyteorder("=")).view(whole)
        values = np.cumsum(native, axis=2, dtype=whole).view(_dtype(page).newbyteorder("="))
    return values.reshape(height, layout.across * width, n)


def _undo_floating(content: bytes, layout: _Layout, size: int) -> np.ndarray:
    """Adobe's technical note 3: bytes of equal weight lie together, each less the one before."""
    n, per_row = layout.samples, layout.width * layout.samples
    steps = np.frombuffer(content, dtype=np.uint8).reshape(-1, per_row * size // n, n)
    planes = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(-1, size, per_row)
    return np.ascontiguousarray(planes.swapaxes(1, 2)).view(f">f{size}")


def _unpacked(content: bytes, rows: int, layout: _Layout) -> np.ndarray:
    """Return samples that fill no bytes, packed without gaps, most significant bit first."""
    bits = np.unpackbits(np.frombuffer(content, dtype=np.uint8).reshape(rows, -1), axis=1)
    count = layout.width * layout.samples
    groups = bits[:, : count * layout.bits].reshape(rows, count, layout.bits)
    weights = (1 << np.arange(layout.bits - 1, -1, -1)).astype(np.uint16)
    return groups @ weights
