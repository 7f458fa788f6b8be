"""Check of an export's target: only an earlier export is replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorfiles.files import is_leftover
from colorfiles.locks import FOLDER_LOCK
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.documents import SMALL, parse_json_object
from colorfiles.outside.files import read_regular
from colorunet.coloring.onnx_network import PROPERTY
from colorunet.errors import ColorunetError
from colorunet.parameters.meta import HUB_FILES
from colorunet.parameters.onnx_properties import onnx_properties

SOURCE = "source"  # property of an exported file: the digest of its source
MODEL_TYPE = "colorunet"
_NOT_OUTPUTS = {".git", ".gitattributes", FOLDER_LOCK}  # the lock of a call that was killed


def require_replaceable(path: Path, source: str, *, overwrite: bool) -> None:
    """Raise ColorfilesError if ``path`` holds anything but an export that may be replaced.

    Args:
        path: of the ONNX file to write.
        source: the digest of what it is made from.
        overwrite: replace an export that is made from something else, too.
    """
    if path.is_dir():
        raise ColorunetError(f"{path}: a folder; name a file")
    refuse_foreign(path, is_own=lambda _: _about(path) is not None)
    about = _about(path)
    if about is not None and not overwrite and about.get(SOURCE) != source:
        raise ColorunetError(
            f"{path}: is there already, made from something else, or with other settings; "
            "--overwrite replaces it"
        )


def _about(path: Path) -> Mapping[str, Any] | None:
    try:
        return parse_json_object(onnx_properties(path)[PROPERTY].encode())
    except (OSError, ValueError, KeyError):
        return None


def require_hub_folder(folder: Path, own: set[str], config: str, *, overwrite: bool) -> None:
    """Raise ColorfilesError if a folder holds anything but git's files or such an export.

    Args:
        folder: to write; may be missing.
        own: names of the files of such a folder.
        config: the configuration that would be written.
        overwrite: replace an export of another network.
    """
    inside = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    names = {name for name in inside if name not in _NOT_OUTPUTS and not is_leftover(name)}
    if not names:
        return
    there = _config(folder / HUB_FILES[0])
    others = names if there is None else names - own
    refuse_foreign(*(folder / name for name in sorted(others)))
    if there != config and not overwrite:
        raise ColorunetError(
            f"{folder}: holds another network, or this one with other settings; "
            "--overwrite replaces it"
        )


def _config(path: Path) -> str | None:
    """Return the configuration in an export's folder; None without one."""
    try:
        data = read_regular(path, most=SMALL, within=path.parent)
        is_ours = parse_json_object(data, finite=False).get("model_type") == MODEL_TYPE
    except (OSError, ValueError):
        return None
    return data.decode() if is_ours else None
