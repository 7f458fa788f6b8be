"""Rows of the manifest: each photo seen, kept or rejected, with its facts and provenance."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO, Literal

import pyarrow as pa

from dataprep.errors import DataprepError
from dataprep.photos.copy_prints import COPY_PRINT
from dataprep.photos.parquet import read_rows

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,119}")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FILE = re.compile(r"[\w-]{1,200}\.\w{1,8}")
_LARGEST = 1 << 40  # pixels or bytes
_MOST_TEXT = 1 << 16  # characters of a row
_HASHES = {"sha256": re.compile(r"[0-9a-f]{64}"), "perceptual_hash": re.compile(r"[0-9a-f]{16}")}


@dataclass(frozen=True)
class Photo:
    """One row of the manifest.

    Args:
        key: unique in the folder; small letters, digits, ``-`` and ``_``.
        source: ``flickr``, ``sun``, ``folder``: also the name of the sub-folder.
        source_id: the photo's id at its source.
        path: of the stored file, relative to the folder, with ``/``; empty where rejected.
        status: ``kept`` or ``rejected``.
        reason: why it was rejected; empty where kept.
        class_name: the class (column ``class``).
        copy_print: by which copies are found; empty where rejected unseen, and in older manifests.
    """

    key: str
    source: str
    source_id: str
    path: str = ""
    status: Literal["kept", "rejected"] = "kept"
    reason: str = ""
    sha256: str = ""
    perceptual_hash: str = ""
    copy_print: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    class_name: str = field(default="", metadata={"column": "class"})
    tags: tuple[str, ...] = ()
    owner_id: str = ""
    owner_name: str = ""
    title: str = ""
    license_id: str = ""
    license_name: str = ""
    license_url: str = ""
    license_read_at: str = ""
    page_url: str = ""
    image_url: str = ""
    fetched_at: str = ""
    source_path: str = ""

    def __post_init__(self) -> None:
        """Refuse paths that leave the folder and values that break the manifest's format."""
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"photo key: expected letters, digits, - and _, given {self.key!r}")
        if (self.status == "kept") != (self.reason == ""):
            raise ValueError(f"photo {self.key}: a kept photo has no reason, a rejected one has")
        source, slash, name = self.path.partition("/")
        named = bool(slash) and source == self.source and _FILE.fullmatch(name) is not None
        if not _SOURCE.fullmatch(self.source) or (self.path and not named):
            raise ValueError(
                f"photo {self.key}: its path {self.path!r:.80} isn't <source>/<name>.<suffix>"
            )


# The manifest's column of each field.
COLUMNS: dict[str, str] = {f.name: f.metadata.get("column", f.name) for f in fields(Photo)}
_INTEGERS = {"width", "height", "bytes"}
OPTIONAL = ("copy_print",)  # absent in manifests and tables of earlier versions
SCHEMA = pa.schema(
    [
        (
            column,
            pa.int64()
            if name in _INTEGERS
            else pa.list_(pa.string())
            if name == "tags"
            else pa.string(),
        )
        for name, column in COLUMNS.items()
    ]
)


def to_row(photo: Photo) -> dict[str, Any]:
    """Return a photo as a row of the manifest, by column."""
    return {column: getattr(photo, name) for name, column in COLUMNS.items()}


def from_row(row: Mapping[str, Any]) -> Photo:
    """Read a row; KeyError, TypeError or ValueError if it is invalid."""
    content = {name: _value(row, column) for name, column in COLUMNS.items()}
    content["tags"] = tuple(content["tags"] or ())
    for name, value in content.items():
        kind = int if name in _INTEGERS else tuple if name == "tags" else str
        if type(value) is not kind:
            raise ValueError(f"photo {content['key']!r:.80}: {name}: expected {kind.__name__}")
        if isinstance(value, int) and not 0 <= value <= _LARGEST:
            raise ValueError(f"photo {content['key']!r:.80}: {name}: {value} is out of range")
    if not all(type(tag) is str for tag in content["tags"]):
        raise ValueError(f"photo {content['key']!r:.80}: tags: expected texts")
    texts = (*content["tags"], *(value for value in content.values() if type(value) is str))
    if sum(map(len, texts)) > _MOST_TEXT:
        raise ValueError(f"photo {content['key']!r:.80}: texts of over {_MOST_TEXT:,} characters")
    "".join(texts).encode()  # a lone surrogate, which no UTF-8 has, is a ValueError
    if content["status"] not in ("kept", "rejected"):
        raise ValueError(f"photo {content['key']}: status {content['status']!r:.40}")
    photo = Photo(**content)
    _require_hashes(photo)
    return photo


def _value(row: Mapping[str, Any], column: str) -> Any:
    return row.get(column, "") if column in OPTIONAL else row[column]


def _require_hashes(photo: Photo) -> None:
    """Raise ValueError for malformed hashes, on which duplicates and splits depend."""
    for name, pattern in _HASHES.items():
        value = getattr(photo, name)
        if not pattern.fullmatch(value) and (value or photo.status == "kept"):
            raise ValueError(
                f"photo {photo.key}: {name}: expected {pattern.pattern}, given {value!r:.80}"
            )
    if photo.copy_print and not COPY_PRINT.fullmatch(photo.copy_print):
        raise ValueError(f"photo {photo.key}: copy_print: expected 356 characters of base64")
    if photo.status == "kept" and not photo.path:
        raise ValueError(f"photo {photo.key}: kept, but without a path")


def read_manifest(file: BinaryIO, name: str) -> Iterator[Photo]:
    """Yield the rows of a manifest; errors call it ``name``.

    Raises:
        DataprepError: it isn't one.
    """
    try:
        for row in read_rows(file, SCHEMA, optional=OPTIONAL):
            yield from_row(row)
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise DataprepError(
            f"{name}: not a manifest ({error}); "
            f"move it away and import or fetch again, or restore it"
        ) from None
