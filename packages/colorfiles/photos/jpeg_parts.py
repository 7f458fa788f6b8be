"""Parts of a JPEG that Pillow leaves out: IPTC, extended XMP, and a clip behind the picture."""

from dataclasses import replace

from colorfiles.photos.iptc import JPEG_MARK, kept_resources
from colorfiles.photos.jpeg import END_OF_IMAGE, segments
from colorfiles.photos.metadata import Metadata
from colorfiles.photos.xmp_claims import (
    extension_of,
    gain_map_is_claimed,
    motion_clip_bytes,
    without_extension,
    without_gain_map,
    without_motion,
)

_APP1, _APP13 = 0xE1, 0xED
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_GUID_BYTES, PART_HEAD = 32, 40
_LEAST_BEHIND = 16  # some writers fill up a block


def with_jpeg_parts(metadata: Metadata, data: bytes) -> tuple[Metadata, list[str]]:
    """Add a JPEG's further parts to its metadata; also return notes on parts left out.

    References in XMP to parts that aren't kept are removed.
    """
    resources, parts, behind = b"", list[bytes](), b""
    for kind, start, end in segments(data):
        if kind == END_OF_IMAGE[1]:
            behind = data[start:]
        elif kind == _APP13 and data.startswith(JPEG_MARK, start):
            resources += data[start + len(JPEG_MARK) : end]
        elif kind == _APP1 and data.startswith(EXTENSION, start):
            parts.append(data[start + len(EXTENSION) : end])
    xmp, notes = metadata.xmp, list[str]()
    extension = _joined(parts, extension_of(xmp))
    if extension_of(xmp) and not extension:
        xmp = without_extension(xmp)
        notes.append("its extended XMP is incomplete: left out")
    has_gain_map = gain_map_is_claimed(xmp)
    if has_gain_map:
        xmp = without_gain_map(xmp)
        notes.append("its gain map was left out: it fits the photo as it was")
    size = motion_clip_bytes(xmp)
    clip = behind[-size:] if 0 < size <= len(behind) else b""
    if clip[4:8] != b"ftyp":
        clip, xmp = b"", without_motion(xmp)
        if size:
            notes.append("its moving picture is incomplete: left out")
    if clip:
        notes.append("its moving picture isn't coloured")
    elif len(behind) >= _LEAST_BEHIND and not has_gain_map and not size:
        notes.append(f"{len(behind):,} bytes behind the picture were left out")
    kept = kept_resources(resources)
    return replace(metadata, xmp=xmp, iptc=kept, extended_xmp=extension, clip=clip), notes


def _joined(parts: list[bytes], guid: bytes) -> bytes:
    """Reassemble extended XMP from its parts; b"" if some are missing."""
    own = [part for part in parts if guid and part.startswith(guid) and len(part) > PART_HEAD]
    joined = b""
    for part in sorted(own, key=lambda part: part[_GUID_BYTES + 4 : PART_HEAD]):
        if int.from_bytes(part[_GUID_BYTES + 4 : PART_HEAD], "big") == len(joined):
            joined += part[PART_HEAD:]
    whole = own and int.from_bytes(own[0][_GUID_BYTES : _GUID_BYTES + 4], "big") == len(joined)
    return joined if whole else b""
