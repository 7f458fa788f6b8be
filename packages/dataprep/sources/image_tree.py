"""Search for image files in a folder tree."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from colorfiles.outside.files import open_regular
from colorfiles.photos import FIRST_BYTES, looks_like_picture
from colorfiles.photos.left_out import (
    FILES_LEFT_OUT,
    FOLDERS_LEFT_OUT,
    is_left_out_file,
    is_left_out_folder,
)
from dataprep.errors import DataprepError

_LINKS_OUT = "links to files outside the folder"


@dataclass
class ImageTree:
    """The image files of a folder, found by one walk.

    Args:
        root: the folder.
        paths: relative, with ``/``, in order.
        left_out: numbers of files that weren't read, by kind.
    """

    root: Path
    paths: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def image_tree(root: Path, out: Path | None = None) -> ImageTree:
    """Find image files by suffix or first bytes.

    Hidden files and folders, and those that systems and programs keep beside photos, such as
    ``@eaDir``, are left out and counted. A FIFO or a link to nowhere with an image's name is
    returned, to be rejected by its name when it is read.

    Raises:
        DataprepError: ``root`` isn't a folder, or it is ``out``.
    """
    if not root.is_dir():
        raise DataprepError(f"{root}: not a folder; give the folder that holds the images")
    top, skipped = root.resolve(), out.resolve() if out else None
    if top == skipped:
        raise DataprepError(f"{root}: import into another folder than the one that is imported")
    tree = ImageTree(root)
    for folder, names, files in os.walk(root, followlinks=False):
        tree.left_out[FOLDERS_LEFT_OUT] += sum(map(is_left_out_folder, names))
        names[:] = [
            name
            for name in names
            if not is_left_out_folder(name)
            and Path(os.path.realpath(Path(folder) / name)) != skipped
        ]
        for name in files:
            path = Path(folder) / name
            if not _looks_like_image(path):
                continue
            if not _is_inside(path, top):
                tree.left_out[_LINKS_OUT] += 1
            elif is_left_out_file(name):
                tree.left_out[FILES_LEFT_OUT] += 1
            else:
                tree.paths.append(path.relative_to(root).as_posix())
    tree.paths.sort()
    tree.left_out += Counter()  # drops what was counted as none
    return tree


def _is_inside(path: Path, top: Path) -> bool:
    # Folders that are links aren't walked into, so only a file that is a link can lead out.
    return not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(top)


def _looks_like_image(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return looks_like_picture(path.name, file.read(FIRST_BYTES))
    except OSError:
        return looks_like_picture(path.name, b"")
