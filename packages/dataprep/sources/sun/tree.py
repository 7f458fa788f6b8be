"""SUN as a folder tree, and partition files."""

import os
from pathlib import Path

from colorfiles.outside.files import read_text
from dataprep.errors import DataprepError
from dataprep.sources.sun.layout import SunFile, sun_file


def tree_files(root: Path) -> tuple[Path, list[SunFile]]:
    """Return SUN's own folder in or at ``root`` and its files, sorted; links aren't followed.

    Raises:
        DataprepError: there is nothing in SUN's layout.
    """
    by_base: dict[Path, list[SunFile]] = {}
    for folder, names, files in os.walk(root):
        names.sort()
        for name in files:
            path = Path(folder) / name
            file = sun_file(path.relative_to(root).as_posix())
            if file is not None and not path.is_symlink():
                base = path.parents[file.path.count("/")]
                by_base.setdefault(base, []).append(file)
    if not by_base:
        raise DataprepError(
            f"{root}: no photos in SUN's layout (SUN397/b/beach/sun_….jpg); "
            "give the folder SUN397, or its .tar or .tar.gz"
        )
    base = max(by_base, key=lambda folder: len(by_base[folder]))
    return base, sorted(by_base[base], key=lambda file: file.path)


def read_partition(path: Path) -> frozenset[str]:
    """Read a partition such as ``Training_01.txt``: one path a line.

    Raises:
        DataprepError: the file can't be read, or no line is a path of SUN's.
    """
    try:
        lines = read_text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataprepError(f"{path}: can't be read as a partition ({error})") from None
    files = (sun_file(line.strip()) for line in lines)
    paths = frozenset(file.path for file in files if file is not None)
    if not paths:
        raise DataprepError(f"{path}: not a partition; expected lines like /a/abbey/sun_….jpg")
    return paths
