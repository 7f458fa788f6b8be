"""Luma of files, page by page, and the tolerance of their formats."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from colorfiles.outside.files import open_regular
from colorfiles.photos import ReadSettings, look_at, read_pages
from colorfiles.photos.exif import ORIENTATION
from colorfiles.photos.pillow import translated_errors
from colorunet.coloring.composing import Luma
from colorunet.evidence.luma_check import Allowance
from colorunet.evidence.packets import is_lossless_webp, is_reversible_jp2

_LOSSLESS = ("PNG", "TIFF", "BMP", "PPM", "TGA", "PCX")
_MAYBE_LOSSLESS = {"WEBP": is_lossless_webp, "JPEG2000": is_reversible_jp2}
# Measured by benchmarks/bench_evidence.py, with room to spare: see RESULTS.md.
MEASURED = {
    "WEBP": Allowance(24, 2.0, 4.8, 0.35, words="bounds measured for WebP at quality 95"),
    "AVIF": Allowance(14, 2.0, 3.0, 0.2, words="bounds measured for AVIF at quality 90"),
    "HEIF": Allowance(14, 1.3, 2.8, 0.2, words="bounds measured for HEIC at quality 90"),
}
# A lossy JPEG 2000; a GIF, whose few colours are far apart.
_OTHERS = Allowance(
    30, 2.5, 5.0, 0.4, words="bounds assumed: none were measured for {}", conclusive=False
)
_GIF = Allowance(
    110, 10.0, 35.0, 0.6, words="bounds assumed for 256 colours a frame", conclusive=False
)
_EXACT = Allowance(0, 0, 0, 0, words="exact: the format is lossless")
# The standard luma table at quality 95, with which outputs are written.
_WRITTEN = np.array(
    [
        [2, 1, 1, 2, 2, 4, 5, 6],
        [1, 1, 1, 2, 3, 6, 6, 6],
        [1, 1, 2, 2, 4, 6, 7, 6],
        [1, 2, 2, 3, 5, 9, 8, 6],
        [2, 2, 4, 6, 7, 11, 10, 8],
        [2, 4, 6, 6, 8, 10, 11, 9],
        [5, 6, 8, 9, 10, 12, 12, 10],
        [7, 9, 10, 10, 11, 10, 10, 10],
    ],
    np.float32,
)


@dataclass(frozen=True, eq=False)
class FileLuma:
    """The luma of one page of a file.

    Args:
        luma: upright, uint8 or uint16.
        allowed: how far the format may have moved it.
    """

    luma: Luma
    allowed: Allowance


def lumas_of(path: Path) -> Iterator[FileLuma]:
    """Yield the luma of each page or frame of a coloured file, as stored if possible.

    Raises:
        OSError: it can't be opened.
        UnreadableImage: it is no image that can be read.
    """
    with open_regular(path) as file:
        header = look_at(file)
        file.seek(0)
        if header.format == "JPEG" and (stored := _stored_luma(file)) is not None:
            yield stored
            return
        file.seek(0)
        allowed = _allowance_of(file, header.format)
        for image in read_pages(file):
            yield FileLuma(image.luma(), allowed)


def original_lumas(path: Path, significant_bits: int | None = None) -> Iterator[Luma]:
    """Yield the luma of each page of a photo as the colouriser reads it.

    Raises:
        OSError: it can't be opened.
        UnreadableImage: it is no image that can be read.
    """
    with open_regular(path) as file:
        for image in read_pages(file, ReadSettings(significant_bits=significant_bits)):
            yield image.luma()


def _stored_luma(file: BinaryIO) -> FileLuma | None:
    """Return a JPEG's Y plane before conversion to RGB; None for other kinds."""
    with translated_errors(), Image.open(file, formats=("JPEG", "MPO")) as image:
        layers: list[tuple[int, ...]] = getattr(image, "layer", [])
        if image.mode != "RGB" or len(layers) != 3 or image.getexif().get(ORIENTATION, 1) != 1:
            return None
        steps = getattr(image, "quantization", {}).get(layers[0][3])
        image.draft("L", image.size)
        image.load()
        if steps is None or image.mode != "L":
            return None
        table = np.array(steps, np.float32).reshape(8, 8)
        return FileLuma(np.asarray(image), _of_steps(table))


def _of_steps(steps: np.ndarray) -> Allowance:
    words = "each DCT coefficient within half a quantisation step"
    if np.array_equal(steps, _WRITTEN):
        return Allowance(steps=steps, words=f"JPEG as it was written: {words}")
    words = f"JPEG compressed again, with tables of its own: {words} of both compressions"
    return Allowance(steps=steps, further=_WRITTEN / 2, words=words)


def _allowance_of(file: BinaryIO, format_name: str) -> Allowance:
    if format_name in _MAYBE_LOSSLESS:
        lossless = _MAYBE_LOSSLESS[format_name](file)
        file.seek(0)
        if lossless:
            return _EXACT
    if format_name in _LOSSLESS:
        return _EXACT
    if format_name == "GIF":
        return _GIF
    others = replace(_OTHERS, words=_OTHERS.words.format(format_name))
    return MEASURED.get(format_name, others)
