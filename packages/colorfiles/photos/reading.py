"""Any photo's file to an upright image, the same for every half of the project."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

from colorfiles.errors import UnreadableImage
from colorfiles.photos import png, tiff
from colorfiles.photos.formats import FIRST_BYTES, admitted_format
from colorfiles.photos.jpeg import ends_early
from colorfiles.photos.limits import ReadSettings, decoded_bytes, refuse_unfit, webp_size
from colorfiles.photos.metadata import ORIENTATION, Metadata, metadata_of, metadata_of_page
from colorfiles.photos.modes import pixels_of
from colorfiles.photos.pillow import translated_errors
from colorfiles.photos.pixels import Pixels
from colorfiles.photos.tiff_pages import photo_pages

_JPEG = ("JPEG", "MPO")
_OF_ONE_PHOTO = ("JPEG", "MPO", "HEIF")  # their further images are previews, depths, other eyes

_DECODED_ONCE = ("1", "L", "I;16", "I;16B", "RGB")  # others stand in memory a second time as RGB


@dataclass(frozen=True)
class ImageHeader:
    """What a file says before its pixels are decoded.

    Args:
        format: by Pillow's names.
        width: as stored, before it is turned upright.
        height: likewise.
        pages: pages or frames that are photos of their own.
        decoded_bytes: that it counts as.
    """

    format: str
    width: int
    height: int
    pages: int
    decoded_bytes: int


@dataclass(frozen=True)
class DecodedImage:
    """A decoded image, upright, in sRGB.

    Args:
        pixels: what the methods give in the form that is wanted.
        format: of the file, by Pillow's names.
        bits: of a sample as stored.
        pages: pages or frames of the file that are photos of their own.
        notes: what had to be assumed, a phrase each.
        metadata: where the settings ask for it.
    """

    pixels: Pixels
    format: str
    bits: int
    pages: int = 1
    notes: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, upright."""
        return self.pixels.size

    def rgb(self, background: tuple[int, int, int] | None = (255, 255, 255)) -> Image.Image:
        """Return 8-bit RGB, transparency laid on ``background`` (None: left as it is below)."""
        return self.pixels.rgb(background)

    def luma(self, bits: int | None = None) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
        """Return Y of BT.601 in 8 or 16 bits; None for 16 where the file is deeper than 8."""
        return self.pixels.luma(bits or self.pixels.bits)

    def alpha(
        self, bits: int | None = None
    ) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"] | None:
        """Return the opacity in as many bits as ``luma``; None where the file has none."""
        return self.pixels.opacity(bits or self.pixels.bits)


def look_at(file: BinaryIO | bytes, settings: ReadSettings | None = None) -> ImageHeader:
    """Return what a file says of itself, and refuse it as ``read_image`` would, without decoding.

    Raises:
        UnreadableImage: no allowed decoder takes it, or it is out of the limits.
    """
    settings = settings or ReadSettings()
    with translated_errors():
        stream = _stream(file)
        format_name = admitted_format(stream, settings.formats)
        if format_name == "TIFF":
            pages = photo_pages(stream)
            first = pages[0]
            depth = first.samples * -(-first.bits // 8)
            refuse_unfit(first.width, first.height, settings, depth)
            size = decoded_bytes(first.width, first.height, depth)
            return ImageHeader(format_name, first.width, first.height, len(pages), size)
        with _opened(stream, format_name, settings) as image:
            size = decoded_bytes(*image.size, _bytes_per_pixel(image))
            return ImageHeader(image.format or format_name, *image.size, _pages(image), size)


def read_image(
    file: BinaryIO | bytes,
    settings: ReadSettings | None = None,
    *,
    page: int = 0,
    near_px: int | None = None,
) -> DecodedImage:
    """Decode a photo, or one page or frame of it, to its last pixel.

    Orientation is applied, profiles and colour models are converted to sRGB, min-is-white is
    inverted. The content decides what the file is, not its name. A path is the caller's to open.

    Args:
        file: seekable, or its content.
        settings: what is read, and how.
        page: of those that ``look_at`` counts.
        near_px: a JPEG may be decoded at a reduced scale whose shorter edge is at least that long.

    Raises:
        UnreadableImage: no allowed decoder takes it, it is damaged, it is out of the limits, or it
            can't be read rightly.
    """
    settings = settings or ReadSettings()
    with translated_errors():
        stream = _stream(file)
        format_name = admitted_format(stream, settings.formats)
        if format_name == "TIFF":
            return _read_tiff(stream, settings, page)
        return _read_other(stream, format_name, settings, page, near_px)


def _read_tiff(stream: BinaryIO, settings: ReadSettings, page: int) -> DecodedImage:
    pages = photo_pages(stream)
    _refuse_missing(page, len(pages))
    pixels, bits, notes = tiff.read_page(stream, pages[page], settings)
    return DecodedImage(
        pixels=pixels,
        format="TIFF",
        bits=bits,
        pages=len(pages),
        notes=tuple(notes),
        metadata=metadata_of_page(stream, pages[page]) if settings.metadata else Metadata(),
    )


def _read_other(
    stream: BinaryIO, format_name: str, settings: ReadSettings, page: int, near_px: int | None
) -> DecodedImage:
    with _opened(stream, format_name, settings) as image:
        pages = _pages(image)
        _refuse_missing(page, pages)
        if page:
            image.seek(page)
            refuse_unfit(
                *image.size, settings, _bytes_per_pixel(image)
            )  # a GIF's frame may reach beyond the first one
        if near_px is not None:
            image.draft("RGB", _at_least(image.size, near_px))
        image.load()
        orientation = _orientation(image)  # PNG and WebP may bring it after the pixels
        pixels, bits, notes = _pixels(stream, image, settings, page)
        if format_name in _JPEG and settings.whole and near_px is None:
            _refuse_cut(stream, image)
        return DecodedImage(
            pixels=pixels.upright(orientation),
            format=image.format or format_name,
            bits=bits,
            pages=pages,
            notes=tuple(notes),
            metadata=metadata_of(image, orientation) if settings.metadata else Metadata(),
        )


def _pixels(
    stream: BinaryIO, image: Image.Image, settings: ReadSettings, page: int
) -> tuple[Pixels, int, list[str]]:
    bits, kind = png.depth_and_kind(stream) if image.format == "PNG" else (0, 0)
    if bits == 16 and kind == png.GRAY_ALPHA and not page:
        _, gray, alpha = png.gray_and_alpha_16(stream)
        deep = Image.fromarray(gray)
        deep.info["icc_profile"] = image.info.get("icc_profile")
        pixels, notes = pixels_of(deep, significant_bits=settings.significant_bits)
        return Pixels(pixels.levels, alpha), bits, notes
    if image.format == "PNG":
        clear = png.transparent_level(image, bits, kind)
        if clear is not None:
            image.info["transparency"] = clear
    pixels, notes = pixels_of(image, significant_bits=settings.significant_bits)
    bits = bits or pixels.bits
    if bits > pixels.bits:
        notes.append(f"{bits} bits of colour were read as {pixels.bits}")
    return pixels, bits, notes


@contextmanager
def _opened(stream: BinaryIO, format_name: str, settings: ReadSettings) -> Iterator[Image.Image]:
    if format_name == "WEBP":
        size = webp_size(stream.read(FIRST_BYTES))
        if all(size):
            refuse_unfit(*size, settings)
        stream.seek(0)
    formats = _JPEG if format_name == "JPEG" else (format_name,)
    with Image.open(stream, formats=formats) as image:
        refuse_unfit(*image.size, settings, _bytes_per_pixel(image))
        yield image


def _pages(image: Image.Image) -> int:
    return 1 if image.format in _OF_ONE_PHOTO else getattr(image, "n_frames", 1)


def _bytes_per_pixel(image: Image.Image) -> int:
    return 4 if image.mode in _DECODED_ONCE and "transparency" not in image.info else 8


def _refuse_missing(page: int, pages: int) -> None:
    if not 0 <= page < pages:
        raise UnreadableImage(f"no page {page + 1}: the file has {pages}")


def _refuse_cut(stream: BinaryIO, image: Image.Image) -> None:
    stream.seek(0)
    if ends_early(stream.read(), image):
        raise UnreadableImage("undecodable: the picture ends before its last row")


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # as decoders do; broken metadata don't make the pixels worthless
        return 1
    return value if isinstance(value, int) else 1


def _stream(file: BinaryIO | bytes) -> BinaryIO:
    return io.BytesIO(file) if isinstance(file, bytes | bytearray | memoryview) else file


def _at_least(size: tuple[int, int], short_px: int) -> tuple[int, int]:
    scale = short_px / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
