"""IPTC records inside Photoshop's image resources, as JPEG (APP13) and TIFF (tag 34377) hold them.

https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/#50577409_38034
"""

import struct
from collections.abc import Iterator

JPEG_MARK = b"Photoshop 3.0\0"
_SIGNATURE, _RECORDS = b"8BIM", 0x0404
# Thumbnails show the photo as it was; profile, EXIF and XMP stand in places of their own.
_NOT_KEPT = (0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424)


def kept_resources(data: bytes) -> bytes:
    """Return the image resources that stay valid for a changed photo."""
    return b"".join(block for kind, _, block in _resources(data) if kind not in _NOT_KEPT)


def iptc_records(resources: bytes) -> bytes:
    """Return the IPTC records of image resources; b"" for none."""
    return b"".join(body for kind, body, _ in _resources(resources) if kind == _RECORDS)


def resources_of(records: bytes) -> bytes:
    """Return image resources that hold IPTC records alone; b"" for none."""
    if not records:
        return b""
    head = _SIGNATURE + struct.pack(">HHI", _RECORDS, 0, len(records))
    return head + records + bytes(len(records) % 2)


def _resources(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield kind, content and whole block of each resource that is whole."""
    position = 0
    while data[position : position + 4] == _SIGNATURE and position + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, position + 4)
        start = position + 6 + (data[position + 6] // 2 + 1) * 2 + 4  # behind a name and a length
        if start > len(data):
            return
        length = int.from_bytes(data[start - 4 : start], "big")
        end = start + length + length % 2
        if start + length > len(data):
            return
        yield kind, data[start : start + length], data[position:end].ljust(end - position, b"\0")
        position = end
