"""Digests of files."""

import hashlib
from pathlib import Path

from colorfiles.outside.files import open_regular

_CHUNK_BYTES = 1 << 20


def file_sha256(path: Path, *, within: Path | None = None) -> str:
    """Return the sha256 of a regular file, in hexadecimal.

    Raises:
        OSError: it can't be read, is no regular file, or lies outside of ``within``.
    """
    digest = hashlib.sha256()
    with open_regular(path, within=within) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
