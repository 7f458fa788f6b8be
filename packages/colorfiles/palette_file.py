"""Reading and writing palette.json, local or at an address."""

import json

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.storage import Storage


def read_palette(address: str) -> Palette:
    """Return the palette in a file.

    Raises:
        ColorfilesError: it is absent, damaged, or of another color space.
    """
    storage, name = parent_and_name(address)
    try:
        return Palette.from_json(storage.read(name))
    except FileNotFoundError:
        raise ColorfilesError(f"{address}: not there; make it with `dataprep palette`") from None
    except json.JSONDecodeError as error:
        raise ColorfilesError(f"{address}: not JSON ({error})") from None
    except (OSError, ValueError) as error:
        raise ColorfilesError(f"{address}: {error}") from None


def write_palette(palette: Palette, address: str, *, overwrite: bool) -> None:
    """Write a palette so that the file is whole or not there.

    Raises:
        ColorfilesError: something is there already and isn't to be overwritten.
    """
    refuse_existing(address, overwrite=overwrite)
    write_file(address, palette.to_json().encode())


def write_file(address: str, data: bytes) -> None:
    """Write a file at an address, its folder made where it is missing; replaces one."""
    storage, name = parent_and_name(address)
    storage.make()
    storage.write(name, data)


def refuse_existing(address: str, *, overwrite: bool) -> None:
    """Raise ColorfilesError where a file is there that isn't to be overwritten."""
    storage, name = parent_and_name(address)
    if not overwrite and storage.exists(name):
        raise ColorfilesError(f"{address}: is there already; --overwrite replaces it")


def parent_and_name(address: str) -> tuple[Storage, str]:
    """Return the folder and the name of a file's address."""
    folder, _, name = address.rpartition("/")
    if not folder and address.startswith("/"):
        folder = "/"
    return Storage(folder or "."), name
