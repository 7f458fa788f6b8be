"""Writer locks that name their holder; the kernel releases them when a process ends."""

import errno
import fcntl
import json
import os
import re
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from colorfiles.errors import ColorfilesError
from colorfiles.outside.words import shown

FOLDER_LOCK = ".writer.lock"
_MOST_BYTES = 4096  # of a lock file; its own content is shorter than a page
_COMMAND = re.compile(r"[a-z][a-z-]*")
_HELD: set[int] = set()  # descriptors


@contextmanager
def only_writer(target: Path, *, folder: bool = True) -> Iterator[None]:
    """Be the only process that writes ``target`` while the block runs.

    The lock is an ``flock`` on a hidden file in the folder (or beside the file). It is released
    when its process ends in any way, and isn't inherited by child processes. NFS passes such locks
    between machines; a file system without locks is reported on stderr and the work continues.
    Addresses such as ``s3://`` can't be locked: there the user must avoid two writers of one shard
    set, and `dataprep verify` detects them.

    Args:
        target: a folder that is there, or a file that may not be.
        folder: which of the two it is.

    Raises:
        ColorfilesError: another process writes there; the message names it, its machine and start.
    """
    path = target / FOLDER_LOCK if folder else target.with_name(f".{target.name}.lock")
    descriptor = _acquired(path, target)
    _HELD.add(descriptor)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: see _is_still
        _HELD.discard(descriptor)
        os.close(descriptor)


def _acquired(path: Path, target: Path) -> int:
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags, 0o644)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        is_free = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_free = False
        except OSError as error:
            print(
                f"{target}: this file system has no locks ({error.strerror}); "
                "see that only one command at a time writes there",
                file=sys.stderr,
            )
        # Raised here, its cause isn't taken for a limit on threads: both are EAGAIN.
        if not is_free:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise ColorfilesError(
                f"{target}: {holder} is writing there; wait for it to end, or end it"
            )
        if _is_still(descriptor, path):
            _write_holder(descriptor)
            return descriptor
        os.close(descriptor)  # its last holder deleted it just then


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": _command(),
        "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    with suppress(OSError):  # a full disk: the lock holds without its text
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _command() -> str:
    """Return the command without arguments, which may hold a password: ``dataprep import``."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.stem == "__main__" else program.name
    return " ".join([name, *(word for word in sys.argv[1:2] if _COMMAND.fullmatch(word))])


def _holder(descriptor: int) -> str:
    for _ in range(20):  # it is written just after the lock was taken
        try:
            content = json.loads(os.pread(descriptor, _MOST_BYTES, 0))
            words = {key: shown(str(content[key])) for key in ("command", "pid", "host", "since")}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            time.sleep(0.01)
            continue
        return "`{command}` (process {pid} on {host}, since {since})".format(**words)
    return "another process"


def _release_in_child() -> None:
    """Release the lock in a forked child, which would hold it beyond its parent's end."""
    for descriptor in _HELD:
        with suppress(OSError):
            os.close(descriptor)
    _HELD.clear()


os.register_at_fork(after_in_child=_release_in_child)
