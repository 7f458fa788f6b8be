"""Reading of photos as luma, page by page, and detection of incomplete outputs."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Float
from PIL import Image

from colorfiles.outside.words import shown
from colorfiles.photos import (
    DecodedImage,
    ImageHeader,
    Metadata,
    ReadSettings,
    UnreadableImage,
    look_at,
    read_image,
    read_pages,
)
from colorfiles.photos.tiff_pages import photo_pages
from colorunet.coloring.composing import ColoredImage, Luma, in_8_bits
from colorunet.coloring.steering.album import Album, AlbumMatch
from colorunet.coloring.steering.hints import Hint
from colorunet.errors import UnusableImage
from colorunet.evidence.packets import find_packet

_TAIL_BYTES = 64  # in which an end mark is searched, as padding may follow it
_LOSSLESS_WEBP = b"VP8L"


@dataclass(frozen=True)
class GrayImage:
    """Luma of an image file, or of one page of it, upright.

    Args:
        luma: (H, W) uint8 or uint16, Y of BT.601.
        alpha: (H, W) of the same depth, where the file has transparency.
        own: its own colours (H, W, 3), if requested and present.
        metadata: if requested.
        notes: assumptions.
        match: the nearest photo of an album.
    """

    luma: Luma
    alpha: Luma | None
    own: np.ndarray | None = None
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    match: AlbumMatch | None = None

    def colored(
        self, uv: Float[np.ndarray, "h w 2"], strength: float, hints: tuple[Hint, ...] = ()
    ) -> ColoredImage:
        """Return the image with a network's chroma, exact at the hints."""
        return ColoredImage(
            self.luma,
            uv,
            self.alpha,
            own=self.own if strength < 1 else None,
            strength=strength,
            metadata=self.metadata,
            hints=hints,
        )


def read_gray(
    file: Path | bytes,
    settings: ReadSettings | None = None,
    *,
    bits: int | None = 8,
    colors: bool = False,
) -> GrayImage:
    """Decode a whole image file as upright luma.

    Args:
        file: its path, or its content.
        settings: what is read, and how.
        bits: of the luma: 8 or 16; None for 16 where the file is deeper than 8.
        colors: keep its own colours, too.

    Raises:
        UnusableImage: it can't be read, is no image, is damaged or decodes to too many bytes.
    """
    with _opened(file) as opened:
        image = read_image(opened, settings)
        return _gray_of(_with_packet(image, opened, settings), bits, colors)


def read_gray_pages(
    path: Path, settings: ReadSettings | None = None, *, colors: bool = False
) -> Iterator[GrayImage | UnusableImage]:
    """Yield every page or frame at its own size and depth, or its error.

    A TIFF's pages don't depend on each other; after a damaged frame an animation ends.

    Raises:
        UnusableImage: as ``read_gray``, before the first page.
    """
    header = header_of(path, settings)
    if header.format == "TIFF":
        for page in range(header.pages):
            try:
                with _opened(path) as file:
                    yield _gray_of(read_image(file, settings, page=page), None, colors)
            except UnusableImage as unusable:
                yield unusable
        return
    try:
        with _opened(path) as file:
            for number, frame in enumerate(read_pages(file, settings)):
                first = _with_packet(frame, file, settings) if number == 0 else frame
                yield _gray_of(first, None, colors)
    except UnusableImage as unusable:
        yield unusable


def with_match(image: GrayImage, album: Album | None) -> GrayImage:
    """Return an image with the nearest photo of an album, and a note on it."""
    if album is None:
        return image
    match = album.nearest(in_8_bits(image.luma))
    return replace(image, match=match, notes=(*image.notes, match.note))


def header_of(file: Path | bytes, settings: ReadSettings | None = None) -> ImageHeader:
    """Return a file's header, without decoding it.

    Raises:
        UnusableImage: as ``read_gray``, as far as the header shows it.
    """
    with _opened(file) as opened:
        return look_at(opened, settings)


def is_lossless_webp(file: Path | bytes) -> bool:
    """Whether a WebP was compressed without loss."""
    with _opened(file) as opened:
        return _LOSSLESS_WEBP in opened.read(1 << 16)


def is_whole(path: Path) -> bool:
    """Whether an existing image is complete, checked without decoding it."""
    try:
        with path.open("rb") as file:
            header = look_at(file)
            file.seek(0, os.SEEK_END)
            return _ends_well(file, header.format, file.tell())
    except (OSError, UnreadableImage):
        return False


def _ends_well(file: BinaryIO, format_name: str, size: int) -> bool:
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    file.seek(0)
    start = file.read(8)
    if format_name in ("JPEG", "MPO"):
        return b"\xff\xd9" in tail or _ends_with_clip(file)
    if format_name == "PNG":
        return b"IEND" in tail
    if format_name == "GIF":
        return tail.rstrip(b"\0").endswith(b";")
    if format_name == "WEBP":
        return size >= 8 + int.from_bytes(start[4:], "little")
    if format_name == "TIFF":
        return all(
            offset + count <= size
            for page in photo_pages(file)
            for offset, count in zip(page.offsets, page.byte_counts, strict=True)
        )
    return format_name != "BMP" or size >= int.from_bytes(start[2:6], "little")


def _with_packet(
    image: DecodedImage, file: BinaryIO, settings: ReadSettings | None
) -> DecodedImage:
    """Add the XMP of formats for which Pillow gives none."""
    if settings is None or not settings.metadata or image.metadata.xmp:
        return image
    place = file.tell()
    file.seek(0)
    xmp = find_packet(file)
    file.seek(place)
    return replace(image, metadata=replace(image.metadata, xmp=xmp)) if xmp else image


def _ends_with_clip(file: BinaryIO) -> bool:
    """Whether a JPEG's end mark is followed by the moving picture of a phone."""
    file.seek(0)
    data = file.read()
    box = data.rfind(b"ftyp")
    return box > 0 and data[box - 6 : box - 4] == b"\xff\xd9"


def _gray_of(image: DecodedImage, bits: int | None, colors: bool) -> GrayImage:
    own: np.ndarray | None = None
    levels = image.pixels.levels
    if colors and isinstance(levels, Image.Image):
        own = np.asarray(levels) if levels.mode == "RGB" else None
    elif colors and isinstance(levels, np.ndarray) and levels.ndim == 3:
        own = levels
    return GrayImage(image.luma(bits), image.alpha(bits), own, image.metadata, image.notes)


@contextmanager
def _opened(file: Path | bytes) -> Iterator[BinaryIO]:
    """Open a file; every error becomes UnusableImage."""
    if isinstance(file, Path) and file.exists() and not file.is_file():
        raise UnusableImage("not a regular file")
    try:
        with file.open("rb") if isinstance(file, Path) else io.BytesIO(file) as opened:
            yield opened
    except FileNotFoundError:
        raise UnusableImage("no such file") from None
    except OSError as error:
        raise UnusableImage(f"unreadable: {error.strerror or type(error).__name__}") from None
    except UnreadableImage as error:
        raise UnusableImage(shown(error.reason)) from None
