"""Properties of an ONNX file, read from its Protocol Buffers fields before it is run."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from colorfiles.outside.files import open_regular

# Fields in onnx.proto: of a model its graph, properties (a key, 1, and a value, 2) and functions;
# of a graph its nodes, of a node its operator.
_GRAPH, _METADATA_PROPS, _FUNCTIONS = 7, 14, 25
_NODE, _OPERATOR = 1, 4
_CONTROL = ("If", "Loop", "Scan", "SequenceMap")
_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5  # kinds of fields in Protocol Buffers
_MOST_PROPERTY_BYTES = 1 << 20


def onnx_properties(path: Path) -> dict[str, str]:
    """Return the metadata properties of an ONNX file.

    Raises:
        ValueError: it isn't one.
        OSError: it can't be read.
    """
    properties = {}
    with open_regular(path, within=path.parent) as file:
        for place, size in _fields(file, _METADATA_PROPS):
            if size <= _MOST_PROPERTY_BYTES:
                key, value = (_content(file, part, place, size) for part in (1, 2))
                properties[key.decode()] = value.decode()
    return properties


def require_no_loops(path: Path) -> None:
    """Refuse ONNX files that may not terminate: with branches, loops or functions.

    Raises:
        ValueError: it is one, or no ONNX file.
        OSError: it can't be read.
    """
    with open_regular(path, within=path.parent) as file:
        if any(_fields(file, _FUNCTIONS)):
            raise ValueError("it has functions, which no network here needs")
        for graph, size in _fields(file, _GRAPH):
            data = io.BytesIO(_read(file, graph, size))
            for node, node_size in _fields(data, _NODE):
                operator = _content(data, _OPERATOR, node, node_size).decode(errors="replace")
                if operator in _CONTROL:
                    raise ValueError(f"it has the operator {operator}, which no network here needs")


def _content(file: BinaryIO, field: int, start: int, size: int) -> bytes:
    """Return the content of all fields with a number in a range of bytes."""
    spans = list(_fields(file, field, start, start + size))
    return b"".join(_read(file, place, length) for place, length in spans)


def _read(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)


def _fields(
    file: BinaryIO, field: int, start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Yield offset and size of each field with a number."""
    end = file.seek(0, io.SEEK_END) if end is None else end
    place = start
    while place < end:
        file.seek(place)
        number, kind = divmod(_varint(file), 8)
        if kind not in (_VARINT, _LENGTH, _FIXED_64, _FIXED_32) or number == 0:
            raise ValueError("not an ONNX file")
        size = {_FIXED_64: 8, _FIXED_32: 4}.get(kind) or _varint(file)
        content = file.tell()
        place = content + (0 if kind == _VARINT else size)
        if place > end:
            raise ValueError("not a whole ONNX file")
        if number == field and kind == _LENGTH:
            yield content, size


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
