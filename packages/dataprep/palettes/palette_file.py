"""Reading and writing palette.json, local or at an address."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.locks import only_writer
from colorfiles.outputs import is_palette, parent_and_name, refuse_existing, write_file
from colorfiles.outside.documents import SMALL, parse_json_object
from colorfiles.outside.files import read_regular


def read_palette(address: str) -> Palette:
    """Return the palette in a file.

    Raises:
        ColorfilesError: it is absent, damaged, or of another color space.
    """
    return read_palette_file(address)[0]


def read_palette_file(address: str) -> tuple[Palette, Mapping[str, Any]]:
    """Return the palette of a file, and the file's other keys.

    Raises:
        ColorfilesError: as ``read_palette``.
    """
    storage, name = parent_and_name(address)
    try:
        # A file that the user names may be a link to any place.
        data = (
            storage.read(name, most=SMALL)
            if storage.local is None
            else read_regular(storage.local / name, most=SMALL)
        )
        content = parse_json_object(data)
        return Palette.from_dict(content), content
    except FileNotFoundError:
        raise ColorfilesError(f"{address}: not there; make it with `dataprep palette`") from None
    except OSError as error:
        raise ColorfilesError(f"{address}: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise ColorfilesError(f"{address}: {error}") from None


def write_palette(
    palette: Palette, address: str, *, overwrite: bool, about: Mapping[str, Any] | None = None
) -> None:
    """Write a palette atomically.

    Args:
        palette: what to write.
        address: of the file.
        overwrite: whether a palette that is there may be replaced.
        about: further keys, written before those of the palette; readers ignore them.

    Raises:
        ColorfilesError: something is there already and isn't to be overwritten.
    """
    refuse_existing(address, overwrite=overwrite, own=is_palette)
    content = {**(about or {}), **palette.to_dict()}
    write_file(address, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


@contextmanager
def only_palette_writer(address: str) -> Iterator[None]:
    """Lock a palette file for writing; remote addresses can't be locked.

    Raises:
        ColorfilesError: another one does, which the message names.
    """
    storage, name = parent_and_name(address)
    storage.make()
    if storage.local is None:
        yield
        return
    with only_writer(Path(storage.local) / name, folder=False):
        yield
