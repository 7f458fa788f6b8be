"""System files and caches, which aren't read as photos."""

_PROGRAMS_FOLDERS = frozenset(
    ("@eadir", "__macosx", "#recycle", "$recycle.bin", "lost+found", "system volume information")
)
FOLDERS_LEFT_OUT = "hidden or programs' folders"
FILES_LEFT_OUT = "hidden files"


def is_left_out_folder(name: str) -> bool:
    """Whether a folder is hidden or belongs to a program, such as ``@eaDir``."""
    return name.startswith(".") or name.lower() in _PROGRAMS_FOLDERS


def is_left_out_file(name: str) -> bool:
    """Whether a file of this name is hidden, such as ``._IMG.jpg``."""
    return name.startswith(".")
