"""File layout of SUN: ``SUN397/c/church/outdoor/sun_abcdefghijklmnop.jpg``."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from dataprep.photos.folder import slug

SOURCE = "sun"
_SEGMENT = re.compile(r"[a-z0-9_-]+")
_SUN_NAME = re.compile(r"sun_([a-z]{16})")
_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"))
_DEEPEST_CLASS = 3  # parts of a class name, such as athletic_field/outdoor


@dataclass(frozen=True)
class SunFile:
    """One file of SUN.

    Args:
        path: from the letter on, ``c/church/outdoor/sun_abcdefghijklmnop.jpg``: the same whether it
            came from a folder or an archive, whatever stood in front.
        class_name: the path's middle, ``church/outdoor``.
    """

    path: str
    class_name: str

    @property
    def key(self) -> str:
        """The photo's key: its class and SUN's sixteen letters; other names also get a digest."""
        stem = PurePosixPath(self.path).stem
        letters = _SUN_NAME.fullmatch(stem)
        if letters:
            return f"{SOURCE}-{slug(self.class_name, 80)}-{letters[1]}"
        digest = hashlib.sha256(self.path.encode()).hexdigest()[:10]
        return "-".join(filter(None, (SOURCE, slug(self.class_name, 60), slug(stem, 30), digest)))


def sun_file(path: str) -> SunFile | None:
    """Parse a path with ``/`` in SUN's layout; None if it isn't an image of it.

    What stands in front of the letter (``SUN397/``, ``./``) is left away.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or parts[-1].startswith(".") or not path.isprintable():
        return None
    if PurePosixPath(parts[-1]).suffix.lower() not in _SUFFIXES:
        return None
    for start in reversed(range(len(parts) - 2)):
        letter, names = parts[start], parts[start + 1 : -1]
        if (
            len(letter) == 1
            and len(names) <= _DEEPEST_CLASS
            and names[0].startswith(letter)
            and all(map(_SEGMENT.fullmatch, names))
        ):
            return SunFile("/".join(parts[start:]), "/".join(names))
    return None
