"""Reading and writing palette.json, local or at an address."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.locks import only_writer
from colorfiles.outside.documents import SMALL, parse_json_object
from colorfiles.outside.files import read_regular
from colorfiles.storage import Storage

PNG_TAG = "colorunet figure"  # stands under Software in every PNG of ours


def read_palette(address: str) -> Palette:
    """Return the palette in a file.

    Raises:
        ColorfilesError: it is absent, damaged, or of another color space.
    """
    storage, name = parent_and_name(address)
    try:
        # A file that the user names may be a link to wherever he likes.
        data = (
            storage.read(name, most=SMALL)
            if storage.local is None
            else read_regular(storage.local / name, most=SMALL)
        )
        return Palette.from_dict(parse_json_object(data))
    except FileNotFoundError:
        raise ColorfilesError(f"{address}: not there; make it with `dataprep palette`") from None
    except OSError as error:
        raise ColorfilesError(f"{address}: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise ColorfilesError(f"{address}: {error}") from None


def write_palette(palette: Palette, address: str, *, overwrite: bool) -> None:
    """Write a palette so that the file is whole or not there.

    Raises:
        ColorfilesError: something is there already and isn't to be overwritten.
    """
    refuse_existing(address, overwrite=overwrite, own=is_palette)
    write_file(address, palette.to_json().encode())


@contextmanager
def only_palette_writer(address: str) -> Iterator[None]:
    """Be the only process that makes a palette file; at an address nothing is locked.

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


def is_palette(start: bytes) -> bool:
    """Whether a file that starts so is a palette's."""
    return start.lstrip().startswith(b"{") and b'"centers"' in start


def is_png(start: bytes) -> bool:
    """Whether a file that starts so is a PNG."""
    return start.startswith(b"\x89PNG\r\n\x1a\n")


def is_own_png(start: bytes) -> bool:
    """Whether a file that starts so is a PNG that a command of ours wrote."""
    return is_png(start) and PNG_TAG.encode() in start[:4096]


def is_page(start: bytes) -> bool:
    """Whether a file that starts so is a page of ours."""
    return start.startswith(b"<!doctype html>\n<html")


def write_file(address: str, data: bytes) -> None:
    """Write a file at an address, its folder made where it is missing; replaces one."""
    storage, name = parent_and_name(address)
    storage.make()
    storage.write(name, data)


def refuse_existing(address: str, *, overwrite: bool, own: Callable[[bytes], bool]) -> None:
    """Raise ColorfilesError where something is there that isn't to be overwritten.

    Args:
        address: of the output.
        overwrite: whether an output of an earlier call may be replaced.
        own: tells from its first 64 KB whether a file is such an output; an empty one always is.
    """
    storage, name = parent_and_name(address)
    if not name or (storage.local is not None and (storage.local / name).is_dir()):
        raise ColorfilesError(f"{address}: a folder; name a file")
    if not storage.exists(name):
        if storage.local is not None and os.path.lexists(storage.local / name):
            raise ColorfilesError(f"{address}: no regular file; name another")
        return
    if not overwrite:
        raise ColorfilesError(f"{address}: is there already; --overwrite replaces it")
    try:
        with storage.open(name) as file:
            start = file.read(1 << 16)
    except OSError as error:
        raise ColorfilesError(f"{address}: {error.strerror}; name another file") from None
    if start and not own(start):
        raise ColorfilesError(
            f"{address}: not a file that this command writes, so --overwrite leaves it alone; "
            "move it away, or name another"
        )


def parent_and_name(address: str) -> tuple[Storage, str]:
    """Return the folder and the name of a file's address."""
    folder, _, name = address.rpartition("/")
    if not folder and address.startswith("/"):
        folder = "/"
    return Storage(folder or "."), name
