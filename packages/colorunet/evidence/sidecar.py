"""Sidecars: an ``.xmp`` file beside a picture in a format that holds no XMP.

XMP specification part 1, 7.2 and part 3, 1.1: of the picture's name, with the suffix ``.xmp``.
"""

import threading
from pathlib import Path

from colorfiles.files import write_atomically
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.files import read_regular
from colorunet.evidence.mark import Mark
from colorunet.evidence.xml_tree import MAX_BYTES
from colorunet.evidence.xmp import property_of_xmp, with_mark

SUFFIX = ".xmp"
_lock = threading.Lock()  # between the check of a name and its use


def sidecar_names(path: Path) -> tuple[Path, Path]:
    """Return the two names that a sidecar may have: ``a.xmp``, or ``a.bmp.xmp`` where that is
    another file's.
    """
    return path.with_suffix(SUFFIX), path.with_name(path.name + SUFFIX)


def write_sidecar(path: Path, xmp: bytes, mark: Mark) -> Path:
    """Write the sidecar of a picture and return its name; a sidecar of another file is kept.

    Args:
        path: of the picture.
        xmp: its packet so far, b"" for none; one that can't be parsed is left out.
        mark: what to say.

    Raises:
        ForeignFile: both names are another file's.
        OSError: it can't be written.
    """
    try:
        data = with_mark(xmp, mark, sidecar_for=_suffix(path))
    except ValueError:
        data = with_mark(b"", mark, sidecar_for=_suffix(path))
    with _lock:
        short, long = sidecar_names(path)
        target = short if not short.exists() or _is_of(short, path) else long
        refuse_foreign(target, is_own=lambda _: _is_of(target, path))
        with write_atomically(target) as temporary:
            temporary.write_bytes(data)
    return target


def sidecar_packet(path: Path) -> bytes:
    """Return the XMP packet of a picture's sidecar; b"" without one."""
    short, long = sidecar_names(path)
    return next((_content(name) for name in (long, short) if _is_of(name, path)), b"")


def _is_of(sidecar: Path, path: Path) -> bool:
    suffix = property_of_xmp(_content(sidecar), "photoshop", "SidecarForExtension")
    return suffix != "" and suffix.lower() == _suffix(path).lower()


def _content(path: Path) -> bytes:
    try:
        return read_regular(path, most=MAX_BYTES)
    except (OSError, ValueError):
        return b""


def _suffix(path: Path) -> str:
    return path.suffix.removeprefix(".")
