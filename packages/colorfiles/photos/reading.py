"""Read any photo as an upright image in sRGB."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from PIL import Image

from colorfiles.errors import UnreadableImage
from colorfiles.photos import png, tiff
from colorfiles.photos.decoded import DecodedImage, ImageHeader
from colorfiles.photos.depth import stored_bits
from colorfiles.photos.jpeg import ends_early
from colorfiles.photos.jpeg_parts import with_jpeg_parts
from colorfiles.photos.limits import ReadSettings, decoded_bytes, refuse_too_much, refuse_unfit
from colorfiles.photos.mending import NO_END, admitted
from colorfiles.photos.metadata import Metadata, metadata_of, metadata_of_page, orientation_of
from colorfiles.photos.modes import pixels_of
from colorfiles.photos.opening import opened_photo
from colorfiles.photos.pillow import translated_errors
from colorfiles.photos.pixels import Pixels
from colorfiles.photos.profiles import rgb_to_srgb
from colorfiles.photos.tiff_pages import photo_pages


def look_at(file: BinaryIO | bytes, settings: ReadSettings | None = None) -> ImageHeader:
    """Return a file's header; raise as ``read_image`` would, without decoding.

    Raises:
        UnreadableImage: no allowed decoder takes it, or it is out of the limits.
    """
    settings = settings or ReadSettings()
    with translated_errors():
        stream, format_name, _ = admitted(_stream(file), settings)
        if format_name == "TIFF":
            pages = photo_pages(stream)
            for page in pages:
                refuse_unfit(*page.allocated, settings, page.pixel_bytes)
            sizes = [decoded_bytes(page.width, page.height, page.pixel_bytes) for page in pages]
            refuse_too_much(sum(sizes), settings)
            return ImageHeader(format_name, pages[0].width, pages[0].height, len(pages), max(sizes))
        with opened_photo(stream, format_name, settings) as opened:
            size = decoded_bytes(*opened.size, opened.pixel_bytes)
            refuse_too_much(size * opened.pages, settings)
            name = opened.image.format or format_name
            return ImageHeader(name, *opened.size, opened.pages, size)


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
            can't be read correctly.
    """
    settings = settings or ReadSettings()
    with translated_errors():
        stream, format_name, mended = admitted(_stream(file), settings)
        if format_name == "TIFF":
            return _read_tiff(stream, settings, page)
        image = _read_other(stream, format_name, settings, page, near_px=near_px, mended=mended)
        return replace(image, notes=(*mended, *image.notes))


def read_pages(
    file: BinaryIO | bytes, settings: ReadSettings | None = None
) -> Iterator[DecodedImage]:
    """Yield every page or frame of a file that is a photo of its own, one in memory at a time.

    Raises:
        UnreadableImage: as ``read_image``, when the page is requested.
    """
    settings = settings or ReadSettings()
    file = _stream(file)
    header = look_at(file, settings)
    if header.format == "TIFF" or header.pages == 1:
        for page in range(header.pages):
            yield read_image(file, settings, page=page)
        return
    stream, _, mended = admitted(file, settings)
    frames = _frames(stream, header.format, settings)
    while True:
        with translated_errors():
            frame = next(frames, None)
        if frame is None:
            return
        yield replace(frame, notes=(*mended, *frame.notes))


def _frames(
    stream: BinaryIO, format_name: str, settings: ReadSettings, first: int = 0
) -> Iterator[DecodedImage]:
    with opened_photo(stream, format_name, settings) as opened:
        image = opened.image
        if image.format == "PNG":
            image.load()  # its texts and EXIF may stand behind the pixels
        for frame, duration_ms in opened.frames(first):
            orientation = orientation_of(image)
            pixels, notes = pixels_of(frame)
            metadata = Metadata()
            if settings.metadata:
                shown_ms = None if opened.pages == 1 else duration_ms
                metadata = replace(metadata_of(image, orientation), duration_ms=shown_ms)
            yield DecodedImage(
                pixels=pixels.upright(orientation),
                format=image.format or format_name,
                bits=pixels.bits,
                pages=opened.pages,
                notes=(*opened.notes, *notes),
                metadata=metadata,
            )


def _read_tiff(stream: BinaryIO, settings: ReadSettings, page: int) -> DecodedImage:
    pages = photo_pages(stream)
    _refuse_missing(page, len(pages))
    pixels, bits, notes = tiff.read_page(stream, pages[page], settings)
    if bits > pixels.bits:
        notes.append(f"{bits} bits of colour were read as {pixels.bits}")
    return DecodedImage(
        pixels=pixels,
        format="TIFF",
        bits=bits,
        pages=len(pages),
        notes=tuple(notes),
        metadata=metadata_of_page(stream, pages[page]) if settings.metadata else Metadata(),
    )


def _read_other(
    stream: BinaryIO,
    format_name: str,
    settings: ReadSettings,
    page: int,
    *,
    near_px: int | None,
    mended: tuple[str, ...],
) -> DecodedImage:
    suspect = NO_END in mended
    with opened_photo(stream, format_name, settings) as opened:
        image, pages = opened.image, opened.pages
        _refuse_missing(page, pages)
        if opened.animation or page:
            return next(_frames(stream, format_name, settings, page))
        if near_px is not None and not suspect:
            image.draft("RGB", _at_least(image.size, near_px))
        image.load()
        orientation = orientation_of(image)  # PNG and WebP may store it after the pixels
        pixels, bits, notes = _pixels(stream, image, settings, page)
        stream.seek(0)
        jpeg = stream.read() if format_name == "JPEG" else b""
        is_checked = suspect or (settings.whole and near_px is None)
        if jpeg and is_checked and ends_early(jpeg, image, suspect=suspect):
            raise UnreadableImage("undecodable: the picture ends before its last row")
        if bits > pixels.bits:
            notes.append(f"{bits} bits of colour were read as {pixels.bits}")
        further = getattr(image, "n_frames", 1) - pages
        if further > 0:
            notes.append(f"of {further + 1} images in it only the main one was taken")
        metadata = metadata_of(image, orientation) if settings.metadata else Metadata()
        if settings.metadata and jpeg:
            metadata, more = with_jpeg_parts(metadata, jpeg)
            notes += more
        return DecodedImage(
            pixels=pixels.upright(orientation),
            format=image.format or format_name,
            bits=bits,
            pages=pages,
            notes=(*opened.notes, *notes),
            metadata=metadata,
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
    if bits == 16 and kind in (png.RGB, png.RGB_ALPHA) and not page:
        return _color_png_16(stream, image, kind)
    if image.format == "PNG":
        clear = png.transparent_level(image, bits, kind)
        if clear is not None:
            image.info["transparency"] = clear
    pixels, notes = pixels_of(image, significant_bits=settings.significant_bits)
    return pixels, bits or stored_bits(stream, image) or pixels.bits, notes


def _color_png_16(stream: BinaryIO, image: Image.Image, kind: int) -> tuple[Pixels, int, list[str]]:
    samples = png.color_16(stream, kind)
    alpha = samples[..., 3].copy() if kind == png.RGB_ALPHA else None
    clear = image.info.get("transparency")
    if isinstance(clear, tuple):
        alpha = np.where((samples == clear).all(axis=-1), 0, 65535).astype(np.uint16)
    rgb = samples if kind == png.RGB else samples[..., :3].copy()
    levels, note = rgb_to_srgb(rgb, image.info.get("icc_profile"))
    return Pixels(levels, alpha), 16, [note] if note else []


def _refuse_missing(page: int, pages: int) -> None:
    if not 0 <= page < pages:
        raise UnreadableImage(f"no page {page + 1}: the file has {pages}")


def _stream(file: BinaryIO | bytes) -> BinaryIO:
    return io.BytesIO(file) if isinstance(file, bytes | bytearray | memoryview) else file


def _at_least(size: tuple[int, int], short_px: int) -> tuple[int, int]:
    scale = short_px / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
