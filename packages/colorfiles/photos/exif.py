"""EXIF kept byte for byte, except orientation, colour space and thumbnail."""

import struct
from collections.abc import Iterator

ORIENTATION, EXIF_IFD, COLOR_SPACE = 0x0112, 0x8769, 0xA001
MARK = b"Exif\0\0"
_SHORT, _SRGB = 3, 1
_ORDERS = {b"II": "<", b"MM": ">"}


def upright_exif(raw: bytes, *, converted: bool = False) -> bytes:
    """Return EXIF with Orientation 1 and without its thumbnail, which shows the photo as it was.

    Nothing is moved, so that makers' notes and texts in any encoding stay whole.

    Args:
        raw: with or without its mark.
        converted: the pixels have been converted to sRGB.

    Raises:
        ValueError: it is damaged.
    """
    data = bytearray(raw.removeprefix(MARK))
    order = _ORDERS.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        raise ValueError("no EXIF")
    try:
        start = struct.unpack_from(f"{order}I", data, 4)[0]
        for tag, place in list(_entries(data, order, start)):
            if tag == ORIENTATION:
                _set_short(data, order, place, 1)
            elif tag == EXIF_IFD and converted:
                inner = struct.unpack_from(f"{order}I", data, place + 8)[0]
                for name, spot in list(_entries(data, order, inner)):
                    if name == COLOR_SPACE:
                        _set_short(data, order, spot, _SRGB)
        count = struct.unpack_from(f"{order}H", data, start)[0]
        struct.pack_into(f"{order}I", data, start + 2 + 12 * count, 0)
    except struct.error:
        raise ValueError("EXIF cut short") from None
    return MARK + bytes(data)


def _entries(data: bytearray, order: str, start: int) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(f"{order}H", data, start)
    for number in range(count):
        place = start + 2 + 12 * number
        yield struct.unpack_from(f"{order}H", data, place)[0], place


def _set_short(data: bytearray, order: str, place: int, value: int) -> None:
    struct.pack_into(f"{order}HIHH", data, place + 2, _SHORT, 1, value, 0)
