"""The properties of an ONNX file, read from its outermost fields alone, before anything runs it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from colorfiles.outside.files import open_regular

_METADATA_PROPS = 14  # field of ModelProto in onnx.proto: entries of a key (1) and a value (2)
_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5  # kinds of fields in Protocol Buffers
_MOST_PROPERTY_BYTES = 1 << 20


def onnx_properties(path: Path) -> dict[str, str]:
    """Return the properties that stand in an ONNX file.

    Raises:
        ValueError: it isn't one.
        OSError: it can't be read.
    """
    properties = {}
    with open_regular(path, within=path.parent) as file:
        for content in _contents(file, _METADATA_PROPS):
            key, value = (b"".join(_contents(io.BytesIO(content), part)) for part in (1, 2))
            properties[key.decode()] = value.decode()
    return properties


def _contents(file: BinaryIO, field: int) -> Iterator[bytes]:
    """Yield the content of each field with a number; the others are stepped over."""
    end = file.seek(0, io.SEEK_END)
    place = file.seek(0)
    while place < end:
        number, kind = divmod(_varint(file), 8)
        if kind not in (_VARINT, _LENGTH, _FIXED_64, _FIXED_32) or number == 0:
            raise ValueError("not an ONNX file")
        size = {_FIXED_64: 8, _FIXED_32: 4}.get(kind) or _varint(file)
        place = file.tell() + (0 if kind == _VARINT else size)
        if place > end:
            raise ValueError("not a whole ONNX file")
        if number == field and kind == _LENGTH and size <= _MOST_PROPERTY_BYTES:
            yield file.read(size)
        file.seek(place)


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("not a whole ONNX file")
