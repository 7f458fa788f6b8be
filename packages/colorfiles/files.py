"""Atomic file writes, and removal of temporary files that killed writers left."""

import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

_LEFTOVER = re.compile(r"\.colorunet\.[0-9a-f]{16}\.tmp")
_ABANDONED_S = 3600  # without file locks: nothing is written for so long, so its writer was killed


@contextmanager
def write_atomically(target: Path) -> Iterator[Path]:
    """Give a temporary path beside ``target``; rename it there when the block ends well.

    The content is synced before the rename. A block that fails leaves nothing behind. A kill leaves
    a hidden ``.tmp`` file; the next process that writes into the folder deletes it, as no running
    writer holds its lock. Its name doesn't contain the target's, which may have all the 255 bytes
    that a file system allows.
    """
    _sweep_once(target.parent)
    temporary = _temporary_in(target.parent)
    try:
        with naming(target), _created_and_locked(temporary, target):
            yield temporary
            descriptor = os.open(temporary, os.O_RDWR)  # writable, as Windows requires
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
    """Add a file's name to an OSError of the block: that of a full disk has none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.strerror is not None:
            error.filename = str(path)
        raise


def append(file: BinaryIO, data: bytes, path: Path) -> None:
    """Append all of ``data`` to an unbuffered file; an OSError names ``path``."""
    with naming(path):
        while data:  # a disk that fills up stores only a part
            data = data[file.write(data) :]


def open_own(path: Path, *, append: bool = False) -> BinaryIO:
    """Open an own file for unbuffered writing; OSError if it is a symbolic link."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return os.fdopen(os.open(path, flags, 0o666), "ab" if append else "wb", buffering=0)


def require_writable(folder: Path) -> None:
    """Raise OSError unless files can be created in ``folder``."""
    probe = _temporary_in(folder)
    probe.open("xb").close()
    discard(probe)


def discard(path: Path) -> None:
    """Delete a file if it is there."""
    path.unlink(missing_ok=True)


def is_leftover(name: str) -> bool:
    """Whether a file of this name is a temporary one of ``write_atomically``."""
    return _LEFTOVER.fullmatch(name) is not None


def sweep(folder: Path) -> int:
    """Delete the temporary files that killed writers left in ``folder``; return how many.

    Only for the holder of the folder's lock: files of running writers are deleted, too.
    """
    count = 0
    for path in _leftovers(folder):
        with suppress(FileNotFoundError):  # another process sweeps here too
            path.unlink()
            count += 1
    return count


def sweep_abandoned(folder: Path) -> None:
    """Delete temporary files of ended writers in ``folder``; those of running writers stay."""
    for path in _leftovers(folder):
        with suppress(OSError):
            _discard_if_abandoned(path)


def _temporary_in(folder: Path) -> Path:
    return folder / f".colorunet.{secrets.token_hex(8)}.tmp"


def _leftovers(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [
                folder / entry.name
                for entry in entries
                if is_leftover(entry.name) and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []


@cache
def _sweep_once(folder: Path) -> None:
    """Delete temporary files of ended writers, once per process and folder."""
    sweep_abandoned(folder)


if find_spec("fcntl") is None:  # Windows

    @contextmanager
    def _created_and_locked(temporary: Path, target: Path) -> Iterator[None]:  # noqa: ARG001
        """Nothing is locked here: Windows deletes and renames no open file."""
        yield

    def _discard_if_abandoned(path: Path) -> None:
        if time.time() - path.stat().st_mtime > _ABANDONED_S:
            path.unlink()

else:
    import fcntl

    @contextmanager
    def _created_and_locked(temporary: Path, target: Path) -> Iterator[None]:
        """Hold a lock on a new temporary file; the kernel frees it when the process dies."""
        try:
            descriptor = _locked(temporary)
            while not temporary.exists():  # taken for abandoned before it had its lock
                os.close(descriptor)
                descriptor = _locked(temporary)
        except OSError as error:
            error.filename = str(target)
            raise
        try:
            yield
        finally:
            os.close(descriptor)

    def _locked(path: Path) -> int:
        """Return the descriptor of a new file, locked where the file system has locks."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o666)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)  # _discard_if_abandoned may hold it briefly
        return descriptor

    def _discard_if_abandoned(path: Path) -> None:
        """Delete a file whose writer has ended; the lock is held until it is deleted."""
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            except OSError:  # the file system has no locks
                if time.time() - status.st_mtime < _ABANDONED_S:
                    return
            if os.path.samestat(status, path.lstat()):  # not one that a writer has made anew
                path.unlink()
        finally:
            os.close(descriptor)
