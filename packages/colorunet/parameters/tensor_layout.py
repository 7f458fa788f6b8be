"""Offsets of the tensors in a safetensors file, read from its header without torch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from colorfiles.outside.documents import parse_json_object
from colorfiles.outside.files import open_regular
from colorunet.errors import ColorunetError

_MOST_HEADER_BYTES = 10_000_000


@dataclass(frozen=True)
class TensorPlace:
    """A tensor's bytes in its file; ``kind`` is safetensors' data type, such as F16."""

    kind: str
    shape: tuple[int, ...]
    offset: int
    length: int


@dataclass(frozen=True)
class TensorLayout:
    """The tensors of one file by name; ``digest`` distinguishes layouts, not contents."""

    name: str
    places: Mapping[str, TensorPlace]
    digest: str

    @classmethod
    def of(cls, path: Path) -> "TensorLayout":
        """Read the header of a safetensors file.

        Raises:
            ColorunetError: it can't be read, or isn't one.
        """
        try:
            with open_regular(path, within=path.parent) as file:
                length = int.from_bytes(file.read(8), "little")
                if not 2 <= length <= _MOST_HEADER_BYTES:
                    raise ValueError("no header")
                header = parse_json_object(file.read(length))
            header.pop("__metadata__", None)
            places = {
                name: TensorPlace(
                    entry["dtype"],
                    tuple(entry["shape"]),
                    8 + length + entry["data_offsets"][0],
                    entry["data_offsets"][1] - entry["data_offsets"][0],
                )
                for name, entry in header.items()
            }
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise ColorunetError(f"{path}: not a whole safetensors file ({error})") from None
        content = json.dumps({name: vars(place) for name, place in places.items()}, sort_keys=True)
        return cls(path.name, places, hashlib.sha256(content.encode()).hexdigest())
