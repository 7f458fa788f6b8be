"""Parts of a JPEG that Pillow doesn't write, and what other formats hold of them."""

from dataclasses import replace

from colorfiles.photos.jpeg_parts import EXTENSION, PART_HEAD
from colorfiles.photos.metadata import Metadata
from colorfiles.photos.xmp_claims import without_extension, without_motion


def fitting(metadata: Metadata, format_name: str) -> tuple[Metadata, list[str]]:
    """Return what a format can hold of the parts that only a JPEG has, and what is lost."""
    if format_name == "JPEG":
        return metadata, []
    lost, xmp = [], metadata.xmp
    if metadata.extended_xmp:
        xmp = without_extension(xmp)
        lost.append(f"{len(metadata.extended_xmp):,} bytes of extended XMP")
    if metadata.clip:
        xmp = without_motion(xmp)
        lost.append("its moving picture")
    return replace(metadata, xmp=xmp, extended_xmp=b"", clip=b""), lost


def extension_segments(extension: bytes, guid: bytes, longest: int) -> list[bytes]:
    """Return extended XMP as the contents of segments of a JPEG."""
    room = longest - len(EXTENSION) - PART_HEAD
    return [
        EXTENSION
        + guid
        + len(extension).to_bytes(4, "big")
        + start.to_bytes(4, "big")
        + extension[start : start + room]
        for start in range(0, len(extension), room)
    ]
