"""Metadata table of imported photos: licences, owners, titles, classes."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from colorfiles.commands import did_you_mean
from colorfiles.outside.files import read_text
from dataprep.errors import DataprepError
from dataprep.photos.rows import COLUMNS, Photo

_DELIMITERS = (",", ";", "\t")
_FIELDS = {
    column: name
    for name, column in COLUMNS.items()
    if name.startswith(("license_", "owner_", "title", "page_url", "image_url", "class_name"))
}
_LONGEST = 8_192  # characters of a value; a manifest's row takes eight times that
_SHOWN = 5


@dataclass(frozen=True)
class MetadataTable:
    """Columns of the manifest by photo.

    Args:
        path: of the table.
        rows: by the photo's path as ``_matched`` writes it.
        faults: messages on unknown columns and contradictions.
    """

    path: Path
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def of(self, relative: str) -> dict[str, Any]:
        """Return the fields of a ``Photo`` for a path relative to the folder imported."""
        columns = self.rows.get(_matched(relative), {})
        return {_FIELDS[column]: value for column, value in columns.items()}

    def updated(self, photo: Photo, relative: str, now: str) -> Photo:
        """Return a photo's row with the table's values."""
        content = self.of(relative)
        changed = replace(photo, **content)
        if changed != photo and "license_name" in content:
            return replace(changed, license_read_at=now)
        return changed

    def unmatched(self, relatives: Iterable[str]) -> list[str]:
        """Return the paths of the table without a photo."""
        return sorted(self.rows.keys() - {_matched(relative) for relative in relatives})


def read_metadata(path: Path) -> MetadataTable:
    r"""Read a table with a column ``path`` and any of the manifest's licence, owner, title columns.

    Columns are separated by commas, semicolons or tabs; a byte order mark is dropped; ``\`` in a
    path becomes ``/``. An unknown column is reported with a likely correction.

    Raises:
        DataprepError: the file can't be read, isn't UTF-8, has no column ``path``, or a value that
            no manifest takes.
    """
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        raise DataprepError(f"{path}: line {number} isn't UTF-8; save the table as UTF-8") from None
    except OSError as error:
        raise DataprepError(f"{path}: {error.strerror or error}") from None
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        # Not splitlines: it parts a title at U+2028 and its like, and the rest of the row is lost.
        header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except (csv.Error, ValueError) as error:
        raise DataprepError(f"{path}: not a CSV that can be read ({error})") from None
    columns = [name.strip().lower() for name in header]
    if "path" not in columns:
        raise DataprepError(
            f"{path}: no column 'path'; it names each photo relative to the folder; "
            f"there are {', '.join(columns)}"
        )
    rows: dict[str, dict[str, str]] = {}
    twice = []
    for line in lines:
        row = dict(zip(columns, (value.strip() for value in line), strict=False))
        if row.get("path"):
            known = {c: value for c, value in row.items() if c in _FIELDS and value}
            for column, value in known.items():
                if len(value) > _LONGEST:
                    raise DataprepError(
                        f"{path}: {row['path']}: {column}: over {_LONGEST:,} characters; shorten it"
                    )
            twice += [row["path"]] if rows.get(_matched(row["path"]), known) != known else []
            rows[_matched(row["path"])] = known
    unknown = [name for name in columns if name and name not in _FIELDS and name != "path"]
    faults = tuple(f"column {name!r} isn't used{did_you_mean(name, _FIELDS)}" for name in unknown)
    if twice:
        faults += (f"{len(twice)} paths stand twice, the last row counts: {some_of(twice)}",)
    return MetadataTable(path, rows, faults)


def some_of(paths: list[str]) -> str:
    """Return the first of many paths, and how many more there are."""
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def _matched(relative: str) -> str:
    """Normalize a path, so that tables and file systems of any kind agree on it."""
    return unicodedata.normalize("NFC", PurePosixPath(relative.replace("\\", "/")).as_posix())
