"""Coloured photos in the 8-bit formats that Pillow writes, and animations."""

import os
import struct
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from colorfiles.photos import Metadata
from colorfiles.photos.iptc import JPEG_MARK as JPEG_IPTC
from colorfiles.photos.xmp_claims import extension_of
from colorunet.batch.writing.formats import OutputFormat
from colorunet.batch.writing.jpeg import write_jpeg
from colorunet.batch.writing.jpeg_parts import extension_segments
from colorunet.coloring.composing import ColoredImage
from colorunet.evidence.packets import GIF_TRAILER, GIF_XMP, JP2_EXIF, JP2_XMP, JPEG_XMP

JPEG_QUALITY = 95
SEGMENT_BYTES = 65_533  # the most of EXIF or XMP that a segment of a JPEG holds
_COLORS = 256  # of a GIF's palette


def write_still(
    file: BinaryIO,
    image: ColoredImage,
    target: OutputFormat,
    *,
    profile: bytes,
    lossless: bool = False,
) -> None:
    """Write one image; metadata that the format can't hold is left out.

    Args:
        file: to write to.
        image: what to write.
        target: the format.
        profile: ICC, of the pixels; b"" for none.
        lossless: of a WebP: as the photo was.
    """
    options = _options(image, target, profile=profile, lossless=lossless)
    if target.name == "JPEG":
        write_jpeg(file, image.bands(8, alpha=False), image.size, options)
        file.write(image.metadata.clip)
        return
    _composed(image, alpha=target.alpha).save(file, target.name, **options)
    if target.name == "GIF":
        _append_gif_xmp(file, image.metadata.xmp)
    if target.name == "JPEG2000":
        _append_jp2_boxes(file, image.metadata)


def write_animation(
    file: BinaryIO,
    images: Iterable[ColoredImage],
    target: OutputFormat,
    *,
    profile: bytes,
    lossless: bool = False,
) -> None:
    """Write frames with the photo's durations; those of a GIF have 256 colours each."""
    every = iter(images)
    first = next(every)
    frames: list[Image.Image] = []
    shown_ms: list[int] = []
    for image in chain((first,), every):
        shown_ms.append(image.metadata.duration_ms or 0)
        frames.append(_composed(image, alpha=target.alpha))
    clear = any(frame.mode == "RGBA" for frame in frames)
    frames = [frame.convert("RGBA" if clear else "RGB") for frame in frames]  # all of one kind
    if target.name == "GIF":
        frames = [_with_few_colors(frame) for frame in frames]
    start, *others = frames
    options = _options(first, target, profile=profile, lossless=lossless)
    if first.metadata.loops is not None:
        options["loop"] = first.metadata.loops
    options |= {"disposal": 2} if target.name == "GIF" and clear else {}
    options |= {"save_all": True, "append_images": others, "duration": shown_ms}
    start.save(file, target.name, **options)
    if target.name == "GIF":
        _append_gif_xmp(file, first.metadata.xmp)


def _append_gif_xmp(file: BinaryIO, xmp: bytes) -> None:
    """Insert XMP before a GIF's end mark, as Pillow can't; XMP specification part 3, 1.1.2."""
    if xmp:
        file.seek(-1, os.SEEK_END)
        file.write(GIF_XMP + xmp + GIF_TRAILER + b";")


def _append_jp2_boxes(file: BinaryIO, metadata: Metadata) -> None:
    """Put XMP and EXIF behind the codestream of a JPEG 2000, which Pillow can't."""
    exif = metadata.exif.removeprefix(b"Exif\0\0")
    for name, body in ((JP2_XMP, metadata.xmp), (JP2_EXIF, exif)):
        if body:
            file.seek(0, os.SEEK_END)
            file.write(struct.pack(">I4s", 8 + len(name) + len(body), b"uuid") + name + body)


def _composed(image: ColoredImage, *, alpha: bool) -> Image.Image:
    with_alpha = alpha and image.alpha is not None
    whole = Image.new("RGBA" if with_alpha else "RGB", image.size)
    for top, band in _placed(image.bands(8, alpha=with_alpha)):
        whole.paste(Image.fromarray(band), (0, top))
    return whole


def _placed(bands: Iterable[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    top = 0
    for band in bands:
        yield top, band
        top += len(band)


def _with_few_colors(frame: Image.Image) -> Image.Image:
    if frame.mode == "RGBA":
        return frame  # Pillow reserves one colour for transparency
    palette = frame.quantize(_COLORS, kmeans=1)
    return frame.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _options(
    image: ColoredImage, target: OutputFormat, *, profile: bytes, lossless: bool
) -> dict[str, Any]:
    metadata = image.metadata
    options: dict[str, Any] = {}
    if target.profile and profile:
        options["icc_profile"] = profile
    if target.dpi and metadata.dpi:
        options["dpi"] = metadata.dpi
    if target.exif and metadata.exif and target.name != "JPEG2000":
        options["exif"] = metadata.exif
    if target.xmp and metadata.xmp and target.name not in ("JPEG", "GIF", "PNG", "JPEG2000"):
        options["xmp"] = metadata.xmp
    if target.name == "JPEG":
        options |= {"quality": JPEG_QUALITY, "subsampling": 0} | jpeg_segments(metadata)
    elif target.name == "PNG":
        options["pnginfo"] = _png_texts(metadata)
    elif target.name == "WEBP":
        # 4 of 6: what the format's own tools use. Clear pixels keep their colour.
        options |= {"quality": JPEG_QUALITY, "method": 4, "lossless": lossless, "exact": True}
    elif target.name == "AVIF":
        options |= {"quality": 90, "subsampling": "4:4:4"}
    elif target.name == "HEIF":
        options |= {"quality": 90, "chroma": 420}  # the layout that every decoder of HEIC has
    elif target.name == "JPEG2000":
        options |= {"irreversible": False}  # without loss
    if "comment" in metadata.text and target.name in ("JPEG", "GIF"):
        options["comment"] = metadata.text["comment"].encode("utf-8", "replace")[:SEGMENT_BYTES]
    return options


def _png_texts(metadata: Metadata) -> PngInfo:
    texts = PngInfo()
    if metadata.xmp:
        texts.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode(errors="replace"))
    for key, value in metadata.text.items():
        name = key.encode("latin-1", "replace").replace(b"\0", b"")[:79].strip()
        if name:
            texts.add_itxt(name.decode("latin-1"), value)
    return texts


def jpeg_segments(metadata: Metadata) -> dict[str, Any]:
    """Return EXIF, XMP and IPTC as JPEG segments, those that fit."""
    segments: dict[str, Any] = {}
    exif, xmp = metadata.exif, JPEG_XMP + metadata.xmp
    segments["exif"] = exif if len(exif) <= SEGMENT_BYTES else b""
    further: list[tuple[bytes, bytes]] = []
    if metadata.xmp and len(xmp) <= SEGMENT_BYTES:
        further.append((b"\xff\xe1", xmp))
        parts = extension_segments(metadata.extended_xmp, extension_of(xmp), SEGMENT_BYTES)
        further += [(b"\xff\xe1", part) for part in parts]
    room = SEGMENT_BYTES - len(JPEG_IPTC)
    for start in range(0, len(metadata.iptc), room):
        further.append((b"\xff\xed", JPEG_IPTC + metadata.iptc[start : start + room]))
    if further:
        segments["extra"] = b"".join(
            mark + (len(body) + 2).to_bytes(2, "big") + body for mark, body in further
        )
    return segments
