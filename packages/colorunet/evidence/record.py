"""The record of a colourisation: files, network and settings.

docs/record.schema.json describes it.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from colorfiles.files import write_atomically
from colorfiles.outputs import is_own_png, refuse_foreign
from colorfiles.outside.documents import SMALL, parse_json_object
from colorfiles.outside.files import read_regular
from colorunet.evidence.hashes import file_sha256
from colorunet.evidence.mark import Mark, now_utc
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE, SOFTWARE

SUFFIX = ".colorunet.json"
SURENESS_SUFFIX = ".sureness.png"
KIND = "colorunet record"
SCHEMA_VERSION = 1
_lock = threading.Lock()  # between the check of a name and its use


@dataclass(frozen=True)
class Coloring:
    """How an output was coloured, as its record states it.

    Args:
        mark: software and network.
        palette: the fingerprint.
        settings: every dial and the seed, by name.
        hints: given by hand: x, y and color each.
        film: frames and reference_frames of a film; empty for a photo.
    """

    mark: Mark
    palette: str
    settings: Mapping[str, Any]
    hints: tuple[Mapping[str, Any], ...] = ()
    film: Mapping[str, Any] = field(default_factory=dict)

    def of_version(self, number: int) -> "Coloring":
        """Return the same with the number of a version; 0 for a single one."""
        return replace(self, settings={**self.settings, "version": number})

    def of_album(self, photo: Mapping[str, Any]) -> "Coloring":
        """Return the same with the nearest photo of an album."""
        return replace(self, settings={**self.settings, "album": dict(photo)})


def record_names(output: Path) -> tuple[Path, Path]:
    """Return the names that a record may have: that of the stem, and that of the whole name where
    another file's record is called so.
    """
    return output.with_name(output.stem + SUFFIX), output.with_name(output.name + SUFFIX)


def record_place(output: Path) -> Path:
    """Return the path for an output's record: the second name where the first is another file's.

    Raises:
        ForeignFile: both names are another file's.
    """
    short, long = record_names(output)
    target = short if not short.exists() or _is_of(short, output) else long
    refuse_foreign(target, is_own=lambda _: _is_of(target, output))
    return target


def write_record(
    original: Path,
    output: Path,
    coloring: Coloring,
    *,
    size: tuple[int, int],
    lost: tuple[str, ...] = (),
    sureness: bytes = b"",
) -> Path:
    """Write an output's record and sureness map beside it; return the record's path.

    Args:
        original: the photo or clip.
        output: of which it is.
        coloring: how it was made.
        size: width and height, upright.
        lost: what was assumed and what couldn't be kept.
        sureness: a PNG; b"" for none.

    Raises:
        ForeignFile: another file is there.
        OSError: a file can't be read or written.
    """
    files = {"original": _file(original), "output": _file(output)}
    with _lock:
        target = record_place(output)
        if sureness:
            picture = target.with_name(target.name.removesuffix(SUFFIX) + SURENESS_SUFFIX)
            refuse_foreign(picture, is_own=is_own_png)
            _write(picture, sureness)
            files["sureness"] = _file(picture)
        _write(target, record_bytes(record_content(files, coloring, size=size, lost=lost)))
    return target


def record_content(
    files: Mapping[str, Any], coloring: Coloring, *, size: tuple[int, int], lost: tuple[str, ...]
) -> dict[str, Any]:
    """Return a record; all but ``made_at`` depends on files and settings alone.

    Args:
        files: ``original`` and ``output``, each with name, bytes and sha256.
        coloring: how the output was made.
        size: width and height, upright.
        lost: what was assumed and what couldn't be kept.
    """
    mark = coloring.mark
    return {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "made_at": now_utc().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "software": {"name": SOFTWARE, "version": mark.version},
        "digital_source_type": DIGITAL_SOURCE_TYPE,
        **files,
        "size": {"width": size[0], "height": size[1]},
        "network": {"name": mark.network, "sha256": mark.network_sha256},
        "palette": {"fingerprint": coloring.palette},
        "settings": dict(coloring.settings),
        "hints": [dict(hint) for hint in coloring.hints],
        **coloring.film,
        "lost": list(lost),
    }


def record_bytes(content: Mapping[str, Any]) -> bytes:
    """Serialize a record."""
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_record(output: Path) -> dict[str, Any] | None:
    """Return the record of a coloured file; None without a valid one."""
    for path in reversed(record_names(output)):
        content = _content(path)
        if content is not None and _names(content, output):
            return content
    return None


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content = parse_json_object(read_regular(path, most=SMALL))
    except (OSError, ValueError):
        return None
    return content if content.get("kind") == KIND else None


def _is_of(record: Path, output: Path) -> bool:
    content = _content(record)
    return content is not None and _names(content, output)


def _names(content: Mapping[str, Any], output: Path) -> bool:
    named = content.get("output")
    return isinstance(named, Mapping) and named.get("name") == output.name


def file_of(name: str, data: bytes) -> dict[str, Any]:
    """Return a record's entry of a file in memory."""
    return {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _file(path: Path) -> dict[str, Any]:
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _write(path: Path, data: bytes) -> None:
    with write_atomically(path) as temporary:
        temporary.write_bytes(data)
