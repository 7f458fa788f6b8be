"""JPEGs accepted silently though malformed: costly scans, and early ends."""

import io
import random
import re
from collections.abc import Iterator

import numpy as np
from PIL import Image

from colorfiles.errors import UnreadableImage
from colorfiles.photos.pillow import STUMBLES

_START_OF_SCAN = 0xDA  # marker SOS of ITU-T T.81, table B.1
END_OF_IMAGE = b"\xff\xd9"
_APP1 = 0xE1  # marker of EXIF and XMP segments
_SEGMENT = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # a marker with a length, or the end
_EXIF = b"Exif\0\0"
_MOST_SCANS = 100  # as libtiff's; encoders write about ten
_MOST_EXIF = 100  # segments, of 64 kB each
_EXTRA = bytes(random.Random(0).choices(range(1, 255), k=512))  # no 0xFF: it would be a marker


def refuse_endless(data: bytes) -> None:
    """Raise UnreadableImage for a small JPEG that would take hours to decode.

    Each scan goes over the whole picture, in as little as 75 bytes, and Pillow joins all of
    the EXIF again with each further segment.
    """
    scans = exif = 0
    for kind, start, _ in segments(data):
        scans += kind == _START_OF_SCAN
        exif += kind == _APP1 and data.startswith(_EXIF, start)
        if scans > _MOST_SCANS or exif > _MOST_EXIF:
            what = "scans" if scans > _MOST_SCANS else "segments of EXIF"
            raise UnreadableImage(f"undecodable: a JPEG of endless {what}")


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield kind, start and end of the contents of a JPEG's segments, its end mark the last."""
    position = 2
    while match := _SEGMENT.search(data, position):
        kind, start = data[match.end() - 1], match.end()
        if kind == END_OF_IMAGE[1]:
            yield kind, start, start
            return
        position = max(start, start + int.from_bytes(data[start : start + 2], "big"))
        yield kind, start + 2, position


def ends_early(data: bytes, image: Image.Image, *, suspect: bool = False) -> bool:
    """Whether a JPEG's data end before its picture does, so that the decoder filled the rest.

    Filled rows are one flat colour down to the edge. Where an edge is flat, extra data are inserted
    before the end mark and decoded: a complete picture ignores them, an incomplete one changes.

    Args:
        data: the JPEG.
        image: what was decoded from it, turned or not.
        suspect: it had no end mark; then the whole picture is compared, whatever its edges.
    """
    if not suspect and not _has_flat_edge(image):
        return False
    scan = next((end for kind, _, end in segments(data) if kind == _START_OF_SCAN), len(data))
    end = data.rfind(END_OF_IMAGE) if suspect else data.find(END_OF_IMAGE, scan)
    if end < 0:
        return False
    longer = data[:end] + _EXTRA + data[end:]
    try:
        draft_px = max(image.size) if suspect else 1
        return not np.array_equal(_decoded(data, draft_px), _decoded(longer, draft_px))
    except STUMBLES:  # the further data were read: a decoder can't stumble over what it leaves
        return True


def _has_flat_edge(image: Image.Image) -> bool:
    right, bottom = image.width - 1, image.height - 1
    boxes = (
        (0, 0, image.width, 1),
        (0, bottom, image.width, image.height),
        (0, 0, 1, image.height),
        (right, 0, image.width, image.height),
    )
    bands = len(image.getbands())
    edges = (image.crop(box).tobytes() for box in boxes)
    return any(edge == edge[:bands] * (len(edge) // bands) for edge in edges)


def _decoded(data: bytes, draft_px: int) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft(None, (draft_px, draft_px))  # an eighth for 1
        return np.asarray(image)
