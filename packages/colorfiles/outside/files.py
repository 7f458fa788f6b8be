"""Open untrusted files safely: regular files only, inside their folder."""

import errno
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

_PLAIN = re.compile(r"[^/\\\x00-\x1f\x7f]{1,255}")

# Non-blocking: opening a FIFO would wait for a writer that may never come.
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


def is_plain_name(name: str) -> bool:
    """Whether ``name`` is that of a file directly in a folder, on any system."""
    return _PLAIN.fullmatch(name) is not None and name not in (".", "..")


def open_regular(path: Path, *, within: Path | None = None, buffering: int = -1) -> BinaryIO:
    """Open a regular file for reading without blocking; FIFOs and devices are refused.

    Args:
        path: of the file.
        within: the folder that it must lie in when every symbolic link is followed; None where a
            user named the very file.
        buffering: as of ``open``.

    Raises:
        OSError: it can't be opened, isn't a regular file, or leads out of the folder.
    """
    real = os.path.realpath(path)
    if within is not None and not Path(real).is_relative_to(os.path.realpath(within)):
        raise OSError(errno.EINVAL, "leads out of its folder", str(path))
    descriptor = os.open(real, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return os.fdopen(descriptor, "rb", buffering)
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, *, most: int, within: Path | None = None) -> bytes:
    """Return the content of a regular file of at most ``most`` bytes; else as ``open_regular``."""
    with open_regular(path, within=within) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read() if size <= most else b""  # with a number it would take that much memory
    if max(size, len(data)) > most:
        raise OSError(errno.EINVAL, f"larger than {most:,} bytes", str(path))
    return data


def read_text(path: Path, *, most: int = 64 << 20) -> str:
    """Return the text of a file in UTF-8; UnicodeDecodeError, or OSError as ``read_regular``."""
    return read_regular(path, most=most).decode("utf-8-sig")


def is_inside(path: Path, folder: Path) -> bool:
    """Whether the place of ``path`` lies in ``folder`` when links on the way are followed.

    The file itself may be a link: replacing or deleting it affects the link alone.
    """
    parent = Path(os.path.realpath(path.parent))
    return parent.is_relative_to(os.path.realpath(folder))
