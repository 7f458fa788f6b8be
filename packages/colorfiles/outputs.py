"""Existence and provenance of the single files that commands write.

A file holds a digest of its inputs and settings. The same command run again recognizes its finished
output and ends; a file with another digest is never mistaken for it.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from colorfiles.errors import ColorfilesError, ForeignFile
from colorfiles.outside.files import open_regular
from colorfiles.storage import Storage

PNG_TAG = "colorunet figure"  # the text "Software" of every PNG that these packages write
_OWN_PNG = b"Software\0" + PNG_TAG.encode()
_OWN_PAGE = re.compile(rb'<meta name="source" content="[0-9a-f]{64}">')
_START = 1 << 16  # bytes that hold the kind of a file and its digest


def made_from(*what: Any) -> str:
    """Return a digest of a file's inputs and settings: values that JSON can hold, and paths."""
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()


def png_texts(digest: str = "") -> dict[str, str]:
    """Return the text chunks of a PNG that these packages write."""
    return {"Software": PNG_TAG} | ({"Source": digest} if digest else {})


def is_palette(start: bytes) -> bool:
    """Whether a file with this start is a palette."""
    return start.lstrip().startswith(b"{") and b'"centers"' in start and b'"prior"' in start


def is_png(start: bytes) -> bool:
    """Whether a file with this start is a PNG that these packages wrote, not a user's photo."""
    return start.startswith(b"\x89PNG\r\n\x1a\n") and _OWN_PNG in start


def is_own_png(path: str | os.PathLike[str]) -> bool:
    """Whether a PNG that these packages wrote is at a path."""
    try:
        with open_regular(Path(path)) as file:
            return is_png(file.read(_START))
    except OSError:
        return False


def is_page(start: bytes) -> bool:
    """Whether a file with this start is a page that these packages wrote, not another HTML page."""
    return start.startswith(b"<!doctype html>\n<html") and _OWN_PAGE.search(start) is not None


def write_file(address: str, data: bytes) -> None:
    """Write a file at an address, replacing one; its folder is made where it is missing."""
    storage, name = parent_and_name(address)
    storage.make()
    storage.write(name, data)


def is_finished(
    address: str, digest: str, *, overwrite: bool, own: Callable[[bytes], bool]
) -> bool:
    """Return whether a command's output exists with the same digest.

    Args:
        address: of the output.
        digest: of inputs and settings, see ``made_from``.
        overwrite: whether an output of an earlier call is replaced; then it is never finished.
        own: whether a file is such an output, by its first 64 KB; an empty one always is.

    Raises:
        ForeignFile: something else is there.
        ColorfilesError: an output is there that isn't to be overwritten.
    """
    start = _start_of(address)
    if start is None:
        return False
    if not overwrite and digest.encode() in start:
        return True
    refuse_foreign(address, is_own=lambda _: not start or own(start))
    if not overwrite:
        made = "made from something else, or with other settings; " if start else ""
        raise ColorfilesError(f"{address}: is there already, {made}--overwrite replaces it")
    return False


def refuse_foreign(
    *places: str | os.PathLike[str], is_own: Callable[[str], bool] = lambda _: False
) -> None:
    """Raise ForeignFile if a file that isn't an earlier output is at one of the places.

    The rule of every command: only files written by these commands are replaced, even with
    ``--overwrite``; another file is named, and the command exits with 3.

    Args:
        places: paths or addresses of outputs, whether they exist or not.
        is_own: whether the file at a place is an earlier output.
    """
    for place in map(str, places):
        storage, name = parent_and_name(place)
        local = storage.local
        taken = storage.exists(name) if local is None else os.path.lexists(local / name)
        if taken and not is_own(place):
            raise ForeignFile(place)


def refuse_existing(address: str, *, overwrite: bool, own: Callable[[bytes], bool]) -> None:
    """Raise ColorfilesError if a file exists and isn't to be overwritten.

    For outputs that don't say what they were made from; the rest as in ``is_finished``.
    """
    is_finished(address, "\0", overwrite=overwrite, own=own)


def parent_and_name(address: str) -> tuple[Storage, str]:
    """Return the folder and the name of a file's address."""
    folder, _, name = address.rpartition("/")
    if not folder and address.startswith("/"):
        folder = "/"
    return Storage(folder or "."), name


def _start_of(address: str) -> bytes | None:
    """Return how the file at an address starts, or None where none is there."""
    storage, name = parent_and_name(address)
    if not name or (storage.local is not None and (storage.local / name).is_dir()):
        raise ColorfilesError(f"{address}: a folder; name a file")
    if not storage.exists(name):
        if storage.local is not None and os.path.lexists(storage.local / name):
            raise ForeignFile(address)
        return None
    try:
        with storage.open(name) as file:
            return file.read(_START)
    except OSError as error:
        raise ColorfilesError(f"{address}: {error.strerror}; name another file") from None
