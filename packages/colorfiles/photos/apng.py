"""Frames of an animated PNG, found before any is decoded: https://www.w3.org/TR/png-3/."""

import struct
from typing import BinaryIO

from colorfiles.errors import UnreadableImage
from colorfiles.photos.animation import Animation, Disposal, Frame
from colorfiles.photos.png import SIGNATURE, chunk, png_chunks

_CONTROL = struct.Struct(">4x4I2H2B")
_DISPOSALS = (Disposal.KEEP, Disposal.CLEAR, Disposal.RESTORE)
# Chunks on the colours of samples; metadata are read from the whole file.
_SHARED = (b"PLTE", b"tRNS")


def apng_animation(file: BinaryIO) -> Animation | None:
    """Return the frames of an animated PNG; None for one that isn't animated.

    Raises:
        UnreadableImage: a frame reaches beyond the canvas.
    """
    if not any(kind == b"acTL" for kind, _ in png_chunks(file, until=b"IDAT")):
        return None
    header, shared = b"", b""
    size = (0, 0)
    found: list[tuple[bytes, list[bytes]]] = []
    for kind, body in png_chunks(file):
        if kind == b"IHDR" and len(body) == 13 and not header:
            header, size = body, struct.unpack_from(">II", body)
        elif kind in _SHARED and not found:
            shared += chunk(kind, body)
        elif kind == b"fcTL" and len(body) == _CONTROL.size:
            found.append((body, []))
        elif kind == b"IDAT" and found:  # without a frame before it the still isn't shown
            found[-1][1].append(body)
        elif kind == b"fdAT" and found:
            found[-1][1].append(body[4:])
    frames = [_frame(header, shared, control, parts, size) for control, parts in found if parts]
    return Animation(size, tuple(frames)) if frames else None


def _frame(
    header: bytes, shared: bytes, control: bytes, parts: list[bytes], size: tuple[int, int]
) -> Frame:
    width, height, left, top, delay, unit, disposal, over = _CONTROL.unpack(control)
    if left + width > size[0] or top + height > size[1]:
        raise UnreadableImage("undecodable: a frame reaches beyond the picture")
    head = struct.pack(">II", width, height) + header[8:]
    still = chunk(b"IHDR", head) + shared + chunk(b"IDAT", b"".join(parts)) + chunk(b"IEND", b"")
    return Frame(
        SIGNATURE + still,
        (left, top, width, height),
        _DISPOSALS[disposal] if disposal < len(_DISPOSALS) else Disposal.KEEP,
        over=over == 1,
        duration_ms=round(1000 * delay / (unit or 100)),
    )
