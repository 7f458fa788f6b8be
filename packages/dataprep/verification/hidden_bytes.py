"""Hidden bytes of a member: data that decoders ignore.

A member must have the exact layout that `dataprep shard` writes. Data inside an entropy-coded scan
or a compressed block can't be checked this way: the same pixels have many encodings.
"""

import struct
import zlib
from functools import lru_cache
from typing import Literal

import zstandard
from PIL import Image

from dataprep.shards.samples import encode_jpeg

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PNG_SIGNATURE = 8  # bytes
_END_OF_IMAGE = b"\xff\xd9"


def jpeg_faults(data: bytes, mode: Literal["L", "RGB"], size: int) -> list[str]:
    """Return the parts of a JPEG beside header, scan and end.

    The header is compared with that of any JPEG of the same size and quality, so comments, APPn
    segments, thumbnails and unused tables are all found.
    """
    header = _jpeg_header(mode, size)
    if not data.startswith(header):
        return ["its header isn't that of a baseline JPEG of quality 95 without metadata"]
    end = len(header)
    while (end := data.find(b"\xff", end)) >= 0 and data[end + 1 : end + 2] == b"\0":
        end += 2
    if end < 0 or data[end : end + 2] != _END_OF_IMAGE:
        return ["its scan holds a marker other than the end of the image"]
    return _trailing(len(data) - end - 2)


def png_faults(data: bytes) -> list[str]:
    """Return the parts of a PNG beside header, pixels and end."""
    at, kinds, pixels = _PNG_SIGNATURE, list[bytes](), zlib.decompressobj()
    while at + 12 <= len(data) and kinds[-1:] != [b"IEND"]:
        (length,) = struct.unpack_from(">I", data, at)
        kinds.append(data[at + 4 : at + 8])
        if kinds[-1] == b"IDAT":
            pixels.decompress(data[at + 8 : at + 8 + length])
        elif (kinds[-1], length) not in ((b"IHDR", 13), (b"IEND", 0)):
            return [f"a chunk {kinds[-1]!r} of {length} bytes: expected IHDR, IDAT, IEND alone"]
        at += 12 + length
    if pixels.unused_data:
        return [f"{len(pixels.unused_data)} bytes after its compressed pixels"]
    return _trailing(len(data) - at)


def zstd_faults(data: bytes) -> list[str]:
    """Return the parts of a bin map beside one plain frame: skippable frames, dictionaries…

    Raises:
        zstandard.ZstdError: it doesn't start with a frame.
    """
    if not data.startswith(_ZSTD_MAGIC):
        return ["it doesn't start with a zstandard frame: a skippable frame or another format"]
    facts = zstandard.get_frame_parameters(data)
    if facts.dict_id or facts.has_checksum:
        return ["its frame names a dictionary or has a checksum: expected neither"]
    at, last = zstandard.frame_header_size(data), False
    while not last and at + 3 <= len(data):
        block = int.from_bytes(data[at : at + 3], "little")
        last, kind, length = bool(block & 1), block >> 1 & 3, block >> 3
        if length == 0:
            return ["its frame has an empty block"]
        at += 3 + (1 if kind == 1 else length)  # a run of one byte states how often it stands
    return _trailing(len(data) - at)


def _trailing(count: int) -> list[str]:
    return [f"{count} bytes after its end"] if count > 0 else []


@lru_cache(maxsize=4)
def _jpeg_header(mode: Literal["L", "RGB"], size: int) -> bytes:
    """Return a JPEG from its start to the end of the header of its scan."""
    data = encode_jpeg(Image.new(mode, (size, size)))
    scan = data.index(b"\xff\xda")
    return data[: scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big")]
