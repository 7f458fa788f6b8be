"""System files, caches and sidecars, which aren't read as photos."""

import re

_PROGRAMS_FOLDERS = frozenset(
    ("@eadir", "__macosx", "#recycle", "$recycle.bin", "lost+found", "system volume information")
)
FOLDERS_LEFT_OUT = "hidden or programs' folders"
FILES_LEFT_OUT = "hidden files"
SIDECARS_LEFT_OUT = "sidecars (.xmp, .aae, .json and the like), which aren't copied"
# Of Lightroom and darktable, Apple's Photos, RawTherapee, DxO; of Google's Takeout, which cuts long
# names short (IMG.jpg.supplemental-me.json) and numbers equal ones (IMG.jpg(1).json).
_NUMBER = r"(\(\d+\))?"
_SIDECAR = re.compile(
    rf".+\.(xmp|aae|pp3|dop)|.+\.\w{{3,4}}{_NUMBER}(\.s[a-z-]*)?{_NUMBER}\.json", re.IGNORECASE
)


def is_left_out_folder(name: str) -> bool:
    """Whether a folder of this name is hidden or some program's, such as ``@eaDir``."""
    return name.startswith(".") or name.lower() in _PROGRAMS_FOLDERS


def is_left_out_file(name: str) -> bool:
    """Whether a file of this name is hidden, such as ``._IMG.jpg``."""
    return name.startswith(".")


def is_sidecar(name: str) -> bool:
    """Whether a file of this name describes a photo beside it, such as ``IMG.jpg.xmp``."""
    return bool(_SIDECAR.fullmatch(name))
