"""A JPEG from strips of rows, so that no more than a strip stands in memory as RGB.

Pillow encodes whole images, which it keeps in four bytes a pixel. Each strip is encoded by itself;
restart markers (ITU-T T.81, E.1.4) join their data to one scan, as they reset the encoder's state.
"""

import io
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from colorfiles.photos.jpeg import END_OF_IMAGE, segments

_BLOCK_PX = 8  # edge of a block; with 4:4:4 three of them, one a channel, are a coded unit
_MOST_UNITS = 65_535  # between restart markers, 4.2 megapixels: the interval has 16 bits
_START_OF_FRAME, _START_OF_SCAN = 0xC0, 0xDA
_ENCODING = ("quality", "subsampling")  # options that every strip needs


def write_jpeg(
    file: BinaryIO, bands: Iterable[np.ndarray], size: tuple[int, int], options: Mapping[str, Any]
) -> None:
    """Write a baseline JPEG in 4:4:4.

    Args:
        file: to write to.
        bands: rows (n, W, 3) uint8 from top to bottom.
        size: width and height.
        options: of Pillow's writer; ``subsampling`` 0 among them.
    """
    width, height = size
    across = -(-width // _BLOCK_PX)
    down = _MOST_UNITS // across
    for number, strip in enumerate(_strips(bands, down * _BLOCK_PX)):
        encoded = io.BytesIO()
        wanted = options if number == 0 else {name: options[name] for name in _ENCODING}
        Image.fromarray(strip).save(encoded, "JPEG", **wanted)
        data = encoded.getvalue()
        scan = next(end for kind, _, end in segments(data) if kind == _START_OF_SCAN)
        if number:
            file.write(bytes((0xFF, 0xD0 + (number - 1) % 8)))
        elif len(strip) == height:
            file.write(data[:scan])
        else:
            file.write(_header(data[:scan], height, down * across))
        file.write(data[scan : -len(END_OF_IMAGE)])
    file.write(END_OF_IMAGE)


def _header(first: bytes, height: int, interval: int) -> bytes:
    """Return the header of a strip as that of the whole picture."""
    places = {kind: start for kind, start, _ in segments(first)}
    frame, scan = places[_START_OF_FRAME], places[_START_OF_SCAN] - 4  # with marker and length
    restart = struct.pack(">2sHH", b"\xff\xdd", 4, interval)
    lines = struct.pack(">H", height)
    return first[: frame + 1] + lines + first[frame + 3 : scan] + restart + first[scan:]


def _strips(bands: Iterable[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """Yield the rows of bands again, so many at a time; fewer at the end."""
    waiting: list[np.ndarray] = []
    for band in bands:
        waiting.append(band)
        if sum(map(len, waiting)) < rows:
            continue
        joined = np.concatenate(waiting)
        whole = len(joined) // rows * rows
        yield from (joined[top : top + rows] for top in range(0, whole, rows))
        waiting = [joined[whole:]]
    if any(map(len, waiting)):
        yield np.concatenate(waiting)
