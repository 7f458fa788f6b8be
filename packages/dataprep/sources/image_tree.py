"""What in a folder tree looks like an image."""

import os
import re
from pathlib import Path

from dataprep.errors import DataprepError

_IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic")
) | {".heif", ".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".tga", ".pcx"}
_MAGIC = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP", re.DOTALL)


def image_paths(root: Path, out: Path | None = None) -> list[str]:
    """Return the relative paths (with ``/``) of what looks like an image by suffix or first bytes.

    Raises:
        DataprepError: ``root`` isn't a folder, or it is ``out``.
    """
    if not root.is_dir():
        raise DataprepError(f"{root}: not a folder; give the folder that holds the images")
    top, skipped = root.resolve(), out.resolve() if out else None
    if top == skipped:
        raise DataprepError(f"{root}: import into another folder than the one that is imported")
    found = []
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = [n for n in names if Path(os.path.realpath(Path(folder) / n)) != skipped]
        for name in files:
            path = Path(folder) / name
            if name.startswith(".") or not path.is_file() or not _is_inside(path, top):
                continue
            if _looks_like_image(path):
                found.append(path.relative_to(root).as_posix())
    return sorted(found)


def _is_inside(path: Path, top: Path) -> bool:
    # Folders that are links aren't walked into, so only a file that is a link can lead out.
    return not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(top)


def _looks_like_image(path: Path) -> bool:
    if path.suffix.lower() in _IMAGE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return _MAGIC.match(file.read(12)) is not None
    except OSError:
        return False
