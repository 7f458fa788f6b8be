"""References from XMP to other parts of a file: extended XMP, gain maps, moving pictures.

Names are those of the specifications: XMP part 3, Android's Ultra HDR and Motion Photo formats,
Apple's gain maps.
"""

import re

_GAIN_MAP = (b"hdrgm", b"HDRGainMap", b"apdi")
_MOTION = (rb"GCamera:Motion", rb"GCamera:MicroVideo", rb"Camera:Motion", rb"Camera:MicroVideo")
_EXTENSION = rb"xmpNote:HasExtendedXMP"
_ITEM = re.compile(rb"<rdf:li\b.*?</rdf:li>\s*", re.DOTALL)
_DIRECTORY = re.compile(rb"<(G?Container:Directory)\b.*?</\1>\s*", re.DOTALL)
_GUID = re.compile(rb"HasExtendedXMP(?:=[\"']|>)\s*([0-9A-Fa-f]{32})")
_CLIP_BYTES = re.compile(rb"MicroVideoOffset(?:=[\"']|>)\s*(\d{1,12})")
_LENGTH = re.compile(rb"Item:Length(?:=[\"']|>)\s*(\d{1,12})")
_MOTION_ITEM, _GAIN_ITEM = b"MotionPhoto", b"GainMap"


def extension_of(xmp: bytes) -> bytes:
    """Return the id of the extended XMP that a packet names; b"" for none."""
    match = _GUID.search(xmp)
    return match[1] if match else b""


def without_extension(xmp: bytes) -> bytes:
    """Return XMP that names no extended XMP."""
    return _without(xmp, _EXTENSION)


def gain_map_is_claimed(xmp: bytes) -> bool:
    """Whether XMP says that the file has a gain map."""
    has_names = any(name + b":" in xmp for name in _GAIN_MAP)
    return has_names or any(_GAIN_ITEM in item for item in _ITEM.findall(xmp))


def without_gain_map(xmp: bytes) -> bytes:
    """Return XMP that names no gain map."""
    for name in _GAIN_MAP:
        xmp = _without(xmp, name + rb":\w+")
        xmp = _without(xmp, rb"xmlns:" + name)
    return _without_items(xmp, _GAIN_ITEM)


def motion_clip_bytes(xmp: bytes) -> int:
    """Return how many bytes at the file's end are a moving picture, as XMP says; 0 for none."""
    for item in _ITEM.findall(xmp):
        if _MOTION_ITEM in item and (match := _LENGTH.search(item)):
            return int(match[1])
    match = _CLIP_BYTES.search(xmp)
    return int(match[1]) if match else 0


def without_motion(xmp: bytes) -> bytes:
    """Return XMP that names no moving picture."""
    for name in _MOTION:
        xmp = _without(xmp, name + rb"\w*")
    return _without_items(xmp, _MOTION_ITEM)


def _without(xmp: bytes, name: bytes) -> bytes:
    """Return XMP without attributes and elements of a name, which is a pattern."""
    xmp = re.sub(rb"\s" + name + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", xmp)
    xmp = re.sub(rb"<(" + name + rb")\b[^>]*/>\s*", b"", xmp)
    return re.sub(rb"<(" + name + rb")\b[^>]*>.*?</\1>\s*", b"", xmp, flags=re.DOTALL)


def _without_items(xmp: bytes, kind: bytes) -> bytes:
    """Return XMP whose list of parts lacks those of a kind; the picture alone needs no list."""
    xmp = _ITEM.sub(lambda match: b"" if kind in match[0] else match[0], xmp)
    return _DIRECTORY.sub(lambda match: match[0] if len(_ITEM.findall(match[0])) > 1 else b"", xmp)
