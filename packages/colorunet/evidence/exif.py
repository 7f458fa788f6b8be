"""Software and a note in EXIF; everything else keeps its value and place.

EXIF 3.0 (CIPA DC-008), 4.6: tags Software (0x0131) and ImageDescription (0x010E) of the first
directory. That directory is rewritten at the end, so that offsets inside makers' notes hold.
"""

import struct

from colorunet.evidence.mark import Mark

_MARK = b"Exif\0\0"
_ORDERS = {b"II": "<", b"MM": ">"}
_DESCRIPTION, _SOFTWARE = 0x010E, 0x0131
_ASCII, _UTF8 = 2, 129
_INLINE = 4  # bytes of a value that stand in the entry itself
_EMPTY = b"II*\0" + struct.pack("<IHI", 8, 0, 0)


def exif_with_mark(exif: bytes, mark: Mark) -> bytes:
    """Return EXIF with the mark in Software and ImageDescription.

    Args:
        exif: with or without its mark ``Exif``; b"" makes new one.
        mark: what to say.

    Raises:
        ValueError: it is damaged.
    """
    data = exif.removeprefix(_MARK) or _EMPTY
    order = _ORDERS.get(data[:2])
    if order is None:
        raise ValueError("no EXIF")
    try:
        entries, following = _directory(data, order)
        for tag, text in ((_DESCRIPTION, mark.note), (_SOFTWARE, mark.agent)):
            data, entries[tag] = _appended(data, order, entries.get(tag), tag, text.encode())
    except struct.error:
        raise ValueError("EXIF cut short") from None
    data += b"\0" * (len(data) % 2)
    table = struct.pack(f"{order}H", len(entries))
    table += b"".join(entries[tag] for tag in sorted(entries)) + following
    head = data[:4] + struct.pack(f"{order}I", len(data))
    return _MARK + head + data[8:] + table


def description_of(exif: bytes) -> str:
    """Return ImageDescription; "" where there is none or EXIF is damaged."""
    data = exif.removeprefix(_MARK)
    order = _ORDERS.get(data[:2], "<")
    try:
        entries, _ = _directory(data, order)
        return _text(data, order, entries.get(_DESCRIPTION))[1].decode("utf-8", "replace").strip()
    except (struct.error, ValueError):
        return ""


def _directory(data: bytes, order: str) -> tuple[dict[int, bytes], bytes]:
    """Return the entries of the first directory by tag, and the offset of the next one."""
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, start)
    end = start + 2 + 12 * count
    if end + 4 > len(data):
        raise ValueError("EXIF cut short")
    places = range(start + 2, end, 12)
    entries = {
        struct.unpack_from(f"{order}H", data, place)[0]: data[place : place + 12]
        for place in places
    }
    return entries, data[end : end + 4]


def _appended(
    data: bytes, order: str, entry: bytes | None, tag: int, text: bytes
) -> tuple[bytes, bytes]:
    """Append a longer text; return the data and the entry that refers to it."""
    kind, before = _text(data, order, entry)
    if text not in before:
        before = b"; ".join(filter(None, (before, text)))
    value = before + b"\0"
    if len(value) <= _INLINE:
        place = value.ljust(_INLINE, b"\0")
    else:
        data += b"\0" * (len(data) % 2)
        place = struct.pack(f"{order}I", len(data))
        data += value
    return data, struct.pack(f"{order}HHI", tag, kind, len(value)) + place


def _text(data: bytes, order: str, entry: bytes | None) -> tuple[int, bytes]:
    if entry is None:
        return _ASCII, b""
    kind, length, place = struct.unpack(f"{order}HII", entry[2:])
    if kind not in (_ASCII, _UTF8):
        return _ASCII, b""
    value = entry[8 : 8 + length] if length <= _INLINE else data[place : place + length]
    return kind, value.rstrip(b"\0 ")
