"""Writing files so that nothing half-written is ever seen under its final name."""

import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_LEFTOVER = re.compile(r"\.(.+\.)?[0-9a-f]{4,}\.tmp")


@contextmanager
def write_atomically(target: Path) -> Iterator[Path]:
    """Give a temporary path beside ``target``; rename it there when the block ends well.

    The content is on the disk before the name is. A block that fails leaves nothing behind; a kill
    leaves a hidden ``.tmp`` file that ``sweep`` removes. Its name doesn't hold the target's, which
    may have all the 255 bytes that a file system allows.
    """
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with naming(target):
            yield temporary
            descriptor = os.open(temporary, os.O_RDWR)  # Windows syncs no other
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, target)
    except BaseException:
        discard(temporary)
        raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have an OSError of the block name a file: Python's own of a full disk names none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.strerror is not None:
            error.filename = str(path)
        raise


def append(file: BinaryIO, data: bytes, path: Path) -> None:
    """Write to the end of an unbuffered file, all of it; OSError that names ``path``."""
    with naming(path):
        while data:  # a disk that fills up takes a part first
            data = data[file.write(data) :]


def open_own(path: Path, *, append: bool = False) -> BinaryIO:
    """Open a file of our own for writing, unbuffered; OSError where a link lies in its place."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return os.fdopen(os.open(path, flags, 0o666), "ab" if append else "wb", buffering=0)


def require_writable(folder: Path) -> None:
    """Raise OSError unless files can be made in ``folder``; what lies there isn't touched."""
    probe = folder / f".probe.{secrets.token_hex(4)}.tmp"
    probe.open("xb").close()
    discard(probe)


def discard(path: Path) -> None:
    """Delete a file if it is there."""
    path.unlink(missing_ok=True)


def is_leftover(name: str) -> bool:
    """Whether a file that is called so may have been left by a killed writer; see ``sweep``."""
    return _LEFTOVER.fullmatch(name) is not None


def sweep(folder: Path, *, older_s: float = 0.0) -> int:
    """Delete the temporary files that a killed writer left in ``folder``; return how many.

    Args:
        folder: where to look.
        older_s: spare those that were written since so many seconds: by a writer still at work.
    """
    now, count = time.time(), 0
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):  # another process sweeps here too
            status = path.stat()
            is_left = stat.S_ISREG(status.st_mode) and now - status.st_mtime >= older_s
            if is_left and is_leftover(path.name):
                path.unlink()
                count += 1
    return count
