"""Output formats of photos, and what each can hold."""

import os
from dataclasses import dataclass

from colorfiles.photos import can_decode
from colorunet.video.clip_formats import CLIP, CLIP_SUFFIXES


@dataclass(frozen=True)
class OutputFormat:
    """A format and its capabilities.

    Args:
        name: Pillow's.
        suffixes: that fit it; the first is used where a photo's own doesn't.
        bits: the most of a sample.
        alpha: whether pixels may be clear.
        pages: whether it holds more than one.
        exif: whether it holds EXIF; ``xmp``, ``iptc``, ``profile`` (ICC), ``dpi`` and ``text``
            likewise.
        longest_px: the longest edge that it allows.
    """

    name: str
    suffixes: tuple[str, ...]
    bits: int = 8
    alpha: bool = False
    pages: bool = False
    exif: bool = False
    xmp: bool = False
    iptc: bool = False
    profile: bool = False
    dpi: bool = False
    text: bool = False
    longest_px: int = 1 << 30


_ALL = {"alpha": True, "exif": True, "xmp": True, "profile": True}
FORMATS = {
    one.name: one
    for one in (
        OutputFormat(
            "JPEG",
            (".jpg", ".jpeg", ".jpe", ".jfif"),
            exif=True,
            xmp=True,
            iptc=True,
            profile=True,
            dpi=True,
            longest_px=65_500,
        ),
        OutputFormat("PNG", (".png", ".apng"), 16, pages=True, dpi=True, text=True, **_ALL),
        OutputFormat("TIFF", (".tif", ".tiff"), 16, pages=True, iptc=True, dpi=True, **_ALL),
        OutputFormat("WEBP", (".webp",), pages=True, longest_px=16_383, **_ALL),
        OutputFormat("AVIF", (".avif",), **_ALL),
        OutputFormat("HEIF", (".heic", ".heif", ".hif"), **_ALL),
        OutputFormat("JPEG2000", (".jp2",), alpha=True, exif=True, xmp=True),
        OutputFormat("GIF", (".gif",), alpha=True, pages=True, xmp=True, longest_px=65_535),
        OutputFormat("BMP", (".bmp", ".dib"), dpi=True),
        OutputFormat("PPM", (".ppm", ".pnm"), 16),
        OutputFormat("TGA", (".tga",), alpha=True, longest_px=65_535),
        OutputFormat("PCX", (".pcx",), longest_px=65_535),
    )
}
CLIP_FORMAT = OutputFormat(CLIP, CLIP_SUFFIXES, 12)
# HEIC is shown by few programs; Pillow writes 8 bits of JPEG 2000. Both are written where named.
_OTHERS = {"MPO": "JPEG", "HEIF": "JPEG", "JPEG2000": "PNG"}


def format_for(photo_format: str, *, animated: bool = False) -> OutputFormat:
    """Return a photo's output format: its own if it holds colour and can be written.

    Args:
        photo_format: by Pillow's names.
        animated: an animated GIF stays one; 256 colours are too few for a single photograph.
    """
    if photo_format == CLIP:
        return CLIP_FORMAT
    if photo_format == "GIF" and not animated:
        return FORMATS["PNG"]
    if photo_format == "AVIF" and not can_decode("AVIF"):
        return FORMATS["JPEG"]
    return FORMATS[_OTHERS.get(photo_format, photo_format)]


def format_named(name: str) -> OutputFormat | None:
    """Return the format of a file's suffix; None for any other suffix."""
    suffix = os.path.splitext(name)[1].lower()
    all_formats = (*FORMATS.values(), CLIP_FORMAT)
    return next((one for one in all_formats if suffix in one.suffixes), None)


def why_other(photo_format: str, target: OutputFormat) -> str:
    """Return why a photo isn't written in its own format; "" if it is, or as -o names it."""
    own = "JPEG" if photo_format == "MPO" else photo_format
    if own == target.name or format_for(photo_format) != target:
        return ""
    if own == "GIF":
        return f"written as {target.name}: GIF holds 256 colours"
    if can_decode(own):
        suffix = FORMATS[own].suffixes[0]
        return f"written as {target.name}: {own} is written where -o names a {suffix}"
    return f"written as {target.name}: {own} isn't written here"
