"""Formats that are read, and their recognition by the first bytes."""

import os
import re
import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import BinaryIO

import PIL
from PIL import features

from colorfiles.errors import UnreadableImage

# By Pillow's names. Left out on purpose: what runs other programs (EPS), and what few have.
SUFFIXES = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "GIF": ".gif",
    "BMP": ".bmp",
    "WEBP": ".webp",
    "JPEG2000": ".jp2",
    "AVIF": ".avif",
    "HEIF": ".heic",
    "PPM": ".ppm",
    "TGA": ".tga",
    "PCX": ".pcx",
}
ALL_FORMATS = tuple(name for name in SUFFIXES if name != "MPO")  # which is read as a JPEG
# Names that a picture has, whether it can be read here or not.
_SUFFIX = r"""\.(jpe?g|jpe|jfif|mpo|a?png|gif|bmp|dib|tiff?|webp|hei[cf]|hif|avif|jp2|j2k|jp[fxc]
    |p[pgbna]m|pfm|tga|pcx|jxl|ps[db]|xcf|dng|cr[23]|nef|arw|orf|rw2|raf|pef|srw)"""
_PICTURE_SUFFIX = re.compile(_SUFFIX, re.VERBOSE | re.IGNORECASE)
FIRST_BYTES = 64  # of a file, as `format_of` needs
_MOST_BEFORE = 1024  # headers of mails and servers, lines of a script
_START = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n")
_TGA_FOOTER = b"TRUEVISION-XFILE.\0"
_MAGIC = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "TIFF": rb"II[*+]\0|MM\0[*+]|II\0\*|MM\*\0",  # + is BigTIFF; the last two are slips of writers
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM",
    "WEBP": rb"RIFF....WEBP",
    "JPEG2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    "AVIF": rb"....ftyp(avif|avis|(mif1|msf1)....(....)*?(avif|avis))",
    "HEIF": rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)",
    "PPM": rb"P[1-6][\s#]",
    "PCX": rb"\x0a[\0\x02\x03\x05][\0\x01]",
}
_OTHERS = {
    "an EPS or PostScript file": rb"%!PS|\xc5\xd0\xd3\xc6",
    "a PDF file": rb"%PDF",
    "a Photoshop file": rb"8BPS",
    "a FITS file": rb"SIMPLE  =",
    "a JPEG XL file": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "a camera raw file": rb"II\*\0....CR|....ftypcrx|FUJIFILMCCD-RAW|IIRO|IIU\0",
    "a GIMP file": rb"gimp xcf",
    "a PAM file": rb"P7\s",
    "a PFM file": rb"P[fF]\s",
    "a text or HTML file": rb"(?i)\s*<(!doctype|html|\?xml|svg)",
}
_WEAK = ("BMP", "PPM", "PCX")  # marks that a text may begin with
_PICTURES_NOT_READ = ("a Photoshop file", "a JPEG XL file", "a camera raw file", "a GIMP file")
_DECODERS = {"WEBP": "webp", "JPEG2000": "jpg_2000", "AVIF": "avif", "JPEG": "jpg", "PNG": "zlib"}
# Older ones take memory without bound for a JPEG 2000 of many tiles (CVE-2026-59204).
_OLDEST_PILLOW = {"JPEG2000": (12, 3)}
_EXTRA = {"HEIF": "pillow-heif", "AVIF": "Pillow 11.3 or newer, or pillow-avif-plugin"}
_PLUGINS = {"JPEG2000": "Jpeg2KImagePlugin", "WEBP": "WebPImagePlugin"}


def format_of(start: bytes) -> str:
    """Detect a format by a file's first bytes, by Pillow's name; "" for any other."""
    format_name = _named(_MAGIC, start)
    if format_name == "TIFF" and _named(_OTHERS, start) == "a camera raw file":
        return ""
    return format_name


def looks_like_picture(name: str, start: bytes) -> bool:
    """Whether a file is probably a picture, by its name or its first bytes.

    Args:
        name: of the file.
        start: ``FIRST_BYTES`` of it; empty where it can't be read.
    """
    suffix = os.path.splitext(name)[1]
    if _PICTURE_SUFFIX.fullmatch(suffix):
        return True
    format_name = format_of(start)
    if format_name in _WEAK:
        return not suffix
    return bool(format_name) or _named(_OTHERS, start) in _PICTURES_NOT_READ


def start_of_picture(file: BinaryIO) -> int:
    """Return the number of bytes before the signature of a JPEG or PNG; 0 for none."""
    file.seek(0)
    start = file.read(_MOST_BEFORE)
    file.seek(0)
    is_other = _named(_OTHERS, start) not in ("", "a text or HTML file")
    if format_of(start[:FIRST_BYTES]) or is_other or _is_tga(file):
        return 0
    match = _START.search(start)
    return match.start() if match else 0


def admitted_format(file: BinaryIO, formats: tuple[str, ...]) -> str:
    """Return a file's format if it is one of ``formats`` and can be decoded.

    The file's name isn't used, except for TGA, whose older version has no signature.

    Raises:
        UnreadableImage: it is another format; the reason names it if it is known.
    """
    file.seek(0)
    start = file.read(FIRST_BYTES)
    if not start:
        raise UnreadableImage("undecodable: an empty file")
    format_name = format_of(start) or ("TGA" if _is_tga(file) else "")
    file.seek(0)
    if not format_name:
        what = _named(_OTHERS, start)
        raise UnreadableImage("undecodable: not a known image" + (f" ({what})" if what else ""))
    if format_name not in formats:
        raise UnreadableImage(f"undecodable: not a known image here ({format_name})")
    if not can_decode(format_name):
        raise UnreadableImage(f"undecodable: {format_name} needs {decoder_of(format_name)}")
    return format_name


@cache
def can_decode(format_name: str) -> bool:
    """Whether this installation has the decoder of a format; the decoder is then registered."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that an older Pillow doesn't know
        if format_name in _DECODERS and not features.check(_DECODERS[format_name]):
            return format_name == "AVIF" and _has_avif_plugin()
    if _pillow_version() < _OLDEST_PILLOW.get(format_name, (0,)):
        return False
    if format_name == "HEIF":
        if not find_spec("pillow_heif"):
            return False
        import_module("pillow_heif").register_heif_opener(thumbnails=False)
        return True
    import_module(f"PIL.{_PLUGINS.get(format_name, f'{format_name.capitalize()}ImagePlugin')}")
    return True


def decoder_of(format_name: str) -> str:
    """Return what reading and writing a format needs where this installation can't."""
    if format_name in _EXTRA:
        return f"{_EXTRA[format_name]}, which isn't installed: pip install '.[heif]'"
    if _pillow_version() < (oldest := _OLDEST_PILLOW.get(format_name, (0,))):
        return (
            f"Pillow {'.'.join(map(str, oldest))} or newer (older ones have a known vulnerability)"
        )
    return "a fuller Pillow"


def _has_avif_plugin() -> bool:
    """Whether a plugin reads and writes AVIF, which pillow-simd can't; it is then registered."""
    if not find_spec("pillow_avif"):
        return False
    import_module("pillow_avif")
    return True


def _pillow_version() -> tuple[int, ...]:
    """Return major and minor version of Pillow; pillow-simd has its own numbers."""
    return tuple(int(part) for part in PIL.__version__.split(".")[:2])


def _named(patterns: dict[str, bytes], start: bytes) -> str:
    for name, pattern in patterns.items():
        if re.match(pattern, start, re.DOTALL):
            return name
    return ""


def _is_tga(file: BinaryIO) -> bool:
    name = getattr(file, "name", "")
    if isinstance(name, str) and name.lower().endswith(".tga"):
        return True
    end = file.seek(0, 2)
    file.seek(max(0, end - len(_TGA_FOOTER)))
    return file.read(len(_TGA_FOOTER)) == _TGA_FOOTER
