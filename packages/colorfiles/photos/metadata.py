"""Metadata of a file, for writing into another file."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import ExifTags, Image

from colorfiles.photos.exif import EXIF_IFD, MARK, ORIENTATION, upright_exif
from colorfiles.photos.iptc import kept_resources, resources_of
from colorfiles.photos.pillow import STUMBLES
from colorfiles.photos.tiff_pages import Tags, TiffPage

GPS_IFD = 0x8825  # EXIF tag that points to the GPS directory
_DESCRIPTIVE = (
    *("DocumentName", "ImageDescription", "Make", "Model", "PageName", "PageNumber", "Software"),
    *("DateTime", "Artist", "HostComputer", "Rating", "Copyright"),
    *("XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"),  # of Windows
)
_XMP, _PROFILE, _RESOURCES, _IPTC = 700, 34675, 34377, 33723
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:=[\"']|>)\s*)[2-8]")
_TURNED = 5  # orientations from here on change width and height


@dataclass(frozen=True)
class Metadata:
    """Metadata that a writer can keep.

    Args:
        exif: with its mark ``Exif`` and Orientation 1, as the pixels are upright; "" for none.
        xmp: likewise.
        icc_profile: of the file. The pixels have been converted from it to sRGB.
        dpi: dots an inch, across and down, upright; None if the file doesn't state it.
        text: comments and the text chunks of a PNG.
        duration_ms: how long a frame of an animation is shown; None for what isn't one.
        iptc: Photoshop's image resources, which hold IPTC records.
        extended_xmp: of a JPEG, what ``xmp`` names by its id.
        clip: of a JPEG, the moving picture behind its end that ``xmp`` names.
        loops: how often an animation runs, 0 for ever; None if the file doesn't state it.
    """

    exif: bytes = b""
    xmp: bytes = b""
    icc_profile: bytes = b""
    dpi: tuple[float, float] | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    duration_ms: int | None = None
    loops: int | None = None
    iptc: bytes = b""
    extended_xmp: bytes = b""
    clip: bytes = b""


def metadata_of(image: Image.Image, orientation: int) -> Metadata:
    """Return the metadata of an image that Pillow has loaded; broken parts are left out."""
    info = image.info
    text = {
        key: str(value)
        for key, value in getattr(image, "text", {}).items()
        if not key.startswith(("XML:", "Raw profile"))
    }
    if isinstance(comment := info.get("comment"), bytes):
        text["comment"] = comment.decode(errors="replace")
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    return Metadata(
        exif=_upright_exif(image),
        xmp=_upright_xmp(xmp.encode() if isinstance(xmp, str) else xmp),
        icc_profile=info.get("icc_profile") or b"",
        dpi=_dpi(image, orientation),
        text=text,
        duration_ms=_whole(info.get("duration")),
        loops=_whole(info.get("loop")),
    )


def orientation_of(image: Image.Image) -> int:
    """Return EXIF's orientation of a loaded image; 1 where it has none that can be read."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except STUMBLES:  # the pixels are read without broken metadata
        return 1
    return value if isinstance(value, int) else 1


def metadata_of_page(file: BinaryIO, page: TiffPage) -> Metadata:
    """Return the metadata of a TIFF page, without the tags that describe its strips."""
    exif = Image.Exif()
    for tag in (int(ExifTags.Base[name]) for name in _DESCRIPTIVE):
        if tag in page.tags:
            exif[tag] = _exactly(page.tags[tag])
    for tag in (EXIF_IFD, GPS_IFD):
        inner = _directory(file, page, tag)
        if inner:
            exif.get_ifd(tag).update({name: _exactly(value) for name, value in inner.items()})
            exif[tag] = exif.get_ifd(tag)
    xmp, profile = page.tags.get(_XMP, b""), page.tags.get(_PROFILE, b"")
    return Metadata(
        exif=_written(exif),
        xmp=_upright_xmp(xmp if isinstance(xmp, bytes) else b""),
        icc_profile=profile if isinstance(profile, bytes) else b"",
        dpi=_page_dpi(page),
        iptc=kept_resources(_bytes_of(page, _RESOURCES)) or resources_of(_bytes_of(page, _IPTC)),
    )


def _bytes_of(page: TiffPage, tag: int) -> bytes:
    """Return a tag's bytes, which some writers store as 32-bit numbers."""
    content = page.tags.get(tag, b"")
    if isinstance(content, tuple) and all(isinstance(n, int) and 0 <= n < 1 << 32 for n in content):
        return struct.pack(f"{page.byte_order}{len(content)}I", *content)
    return content if isinstance(content, bytes) else b""


def _whole(value: object) -> int | None:
    return round(value) if isinstance(value, int | float) and 0 <= value < 1e9 else None


def _upright_exif(image: Image.Image) -> bytes:
    try:
        if raw := image.info.get("exif"):
            return upright_exif(raw, converted=bool(image.info.get("icc_profile")))
        exif = image.getexif()
        if not exif:
            return b""
        for tag in (EXIF_IFD, GPS_IFD):
            exif.get_ifd(tag)
    except STUMBLES:  # the pixels are read without broken EXIF
        return b""
    return _written(exif)


def _written(exif: Image.Exif) -> bytes:
    if not exif:
        return b""
    exif[ORIENTATION] = 1
    try:
        data = exif.tobytes()
    except STUMBLES:  # values of the wrong kind, which only its writer finds
        return b""
    return data if data.startswith(MARK) else MARK + data


def _exactly(value: object) -> object:
    """Return a text's original bytes: Pillow would write non-ASCII letters as ?."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("latin-1", "replace")
    return value


def _upright_xmp(xmp: bytes) -> bytes:
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def _dpi(image: Image.Image, orientation: int) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if image.format in ("JPEG", "MPO") and not image.info.get("jfif_unit"):
        try:
            dpi = dpi if 0x011A in image.getexif() else None  # else Pillow's own default
        except STUMBLES:  # likewise
            dpi = None
    return _usable_dpi(dpi, orientation)


def _page_dpi(page: TiffPage) -> tuple[float, float] | None:
    factor = {2: 1.0, 3: 2.54}.get(page.one(296, 2 if page.values(282) else 0))
    across, down = page.values(282), page.values(283)
    if factor is None or not across or not down:
        return None
    return _usable_dpi((across[0] * factor, down[0] * factor), page.orientation)


def _usable_dpi(dpi: object, orientation: int) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in dpi)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not (1 < across < 1e6 and 1 < down < 1e6):  # writers use 1 for "unknown"
        return None
    across, down = round(across, 2), round(down, 2)
    return (down, across) if _TURNED <= orientation <= 8 else (across, down)


def _directory(file: BinaryIO, page: TiffPage, tag: int) -> dict[int, object]:
    place = page.tags.get(tag)
    if not isinstance(place, int):
        return {}
    try:
        inner = Tags(b"II*\0\0\0\0\0" if page.byte_order == "<" else b"MM\0*\0\0\0\0")
        file.seek(place)
        inner.load(file)
        return dict(inner)
    except STUMBLES:  # a broken directory
        return {}
