"""The photo folder: files as received, and a manifest with one row per photo seen."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from colorfiles.files import discard, write_atomically
from dataprep.errors import DataprepError

MANIFEST = "manifest.parquet"
_JOURNAL = ".manifest.journal.jsonl"
_ROWS_AT_ONCE = 2_000
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,119}")


@dataclass(frozen=True)
class Photo:
    """One row of the manifest: a photo that was seen, kept or rejected.

    Args:
        key: unique in the folder; small letters, digits, ``-`` and ``_``.
        source: ``flickr``, ``sun``, ``folder``: also the name of the sub-folder.
        source_id: the photo's id at its source.
        path: of the stored file, relative to the folder, with ``/``; empty where rejected.
        status: ``kept`` or ``rejected``.
        reason: why it was rejected; empty where kept.
        class_name: the class (column ``class``).
    """

    key: str
    source: str
    source_id: str
    path: str = ""
    status: Literal["kept", "rejected"] = "kept"
    reason: str = ""
    sha256: str = ""
    perceptual_hash: str = ""
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
        """Refuse what could leave the folder or break the manifest's promises."""
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"photo key: expected letters, digits, - and _, given {self.key!r}")
        if (self.status == "kept") != (self.reason == ""):
            raise ValueError(f"photo {self.key}: a kept photo has no reason, a rejected one has")


@cache
def column_of(name: str) -> str:
    """Return the manifest's column of a field of ``Photo``."""
    return {f.name: f.metadata.get("column", f.name) for f in fields(Photo)}[name]


_INTEGERS = {"width", "height", "bytes"}
SCHEMA = pa.schema(
    [
        (
            column_of(f.name),
            pa.int64()
            if f.name in _INTEGERS
            else pa.list_(pa.string())
            if f.name == "tags"
            else pa.string(),
        )
        for f in fields(Photo)
    ]
)


def utc_now() -> str:
    """Return the time as the manifest writes it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slug(text: str, max_length: int = 40) -> str:
    """Return ``text`` as part of a key: small letters, digits and dashes, perhaps empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:max_length].strip("-")


class PhotoFolder:
    """A photo folder that is being read or written.

    Every ``add`` is durable at once: the file is written under a temporary name and renamed, then
    a line goes to a journal. ``commit`` turns manifest and journal into a new manifest.
    A folder whose writer was killed opens with all that was added.

    Raises:
        DataprepError: the folder doesn't exist (unless ``create``), or its manifest can't be read.
    """

    def __init__(self, root: Path, *, create: bool = False) -> None:
        self.root = root
        if create:
            root.mkdir(parents=True, exist_ok=True)
        elif not (root / MANIFEST).exists() and not (root / _JOURNAL).exists():
            raise DataprepError(
                f"{root}: no {MANIFEST} there; make a photo folder with `dataprep import`, "
                "`fetch-flickr` or `fetch-sun`"
            )
        self._photos: dict[str, Photo] = {photo.key: photo for photo in _read_own_manifest(root)}
        self._replay_journal()
        self._journal: BinaryIO | None = None

    def __contains__(self, key: str) -> bool:
        return key in self._photos

    def __len__(self) -> int:
        return len(self._photos)

    def get(self, key: str) -> Photo | None:
        """Return the row of ``key``, if it was seen."""
        return self._photos.get(key)

    def photos(self) -> list[Photo]:
        """Return every row, sorted by key."""
        return [self._photos[key] for key in sorted(self._photos)]

    def kept(self) -> list[Photo]:
        """Return the rows of the photos kept, sorted by key."""
        return [photo for photo in self.photos() if photo.status == "kept"]

    def rejected_by_reason(self) -> dict[str, int]:
        """Return how many photos were rejected for each reason (its part before the colon)."""
        reasons = Counter(
            photo.reason.split(":")[0] for photo in self._photos.values() if photo.reason
        )
        return dict(sorted(reasons.items()))

    def read(self, photo: Photo) -> bytes:
        """Return the stored bytes of a kept photo.

        Raises:
            DataprepError: the file is missing.
        """
        try:
            return (self.root / photo.path).read_bytes()
        except OSError as error:
            raise DataprepError(
                f"photo {photo.key}: {error.strerror} ({photo.path}); fetch or import it again"
            ) from None

    def add(self, photo: Photo, data: bytes | None = None) -> None:
        """Store a row, and for a kept photo its bytes at ``photo.path``; replaces a row of its key.

        Raises:
            ValueError: a kept photo without bytes or with a path outside ``source/``.
        """
        if photo.status == "kept" and data is not None:
            self._store(photo, data)
        elif photo.status == "kept" and not (self.root / photo.path).is_file():
            raise ValueError(f"photo {photo.key}: kept, but neither bytes nor a file for it")
        self._photos[photo.key] = photo
        self._append(_to_row(photo))

    def remove(self, photo: Photo, reason: str) -> None:
        """Reject a photo that was kept and delete its file; its row stays, with the reason."""
        content = {f.name: getattr(photo, f.name) for f in fields(Photo)}
        rejected = Photo(**(content | {"path": "", "status": "rejected", "reason": reason}))
        self.add(
            rejected
        )  # the row first: a file without a row is swept, a row without a file isn't
        if photo.path:
            discard(self.root / photo.path)

    def commit(self) -> None:
        """Write the manifest anew, sorted by key, and drop the journal."""
        photos = self.photos()
        with (
            write_atomically(self.root / MANIFEST) as temporary,
            pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer,
        ):
            for start in range(0, len(photos), _ROWS_AT_ONCE):  # halves the peak of memory
                part = [_to_row(photo) for photo in photos[start : start + _ROWS_AT_ONCE]]
                writer.write_table(pa.Table.from_pylist(part, schema=SCHEMA))
        self.close()
        discard(self.root / _JOURNAL)

    def close(self) -> None:
        """Close the journal; what was added stays in it until a ``commit``."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _store(self, photo: Photo, data: bytes) -> None:
        parts = photo.path.split("/")
        if (
            len(parts) != 2
            or parts[0] != photo.source
            or not re.fullmatch(r"[\w-]+\.\w+", parts[1])
        ):
            raise ValueError(f"photo {photo.key}: {photo.path!r} is not <source>/<name>.<suffix>")
        target = self.root / photo.path
        target.parent.mkdir(exist_ok=True)
        with write_atomically(target) as temporary:
            temporary.write_bytes(data)

    def _append(self, row: dict[str, Any]) -> None:
        if self._journal is None:
            self._journal = (self.root / _JOURNAL).open("ab", buffering=0)
            if self._journal.tell() > 0:
                self._journal.write(b"\n")  # ends a line that a kill cut short
        self._journal.write(json.dumps(row).encode() + b"\n")

    def _replay_journal(self) -> None:
        journal = self.root / _JOURNAL
        if not journal.exists():
            return
        for line in journal.read_bytes().splitlines():
            try:
                photo = _from_row(json.loads(line))
            except (ValueError, TypeError, KeyError):
                continue  # the line that a kill cut short
            self._photos[photo.key] = photo


def _to_row(photo: Photo) -> dict[str, Any]:
    return {column_of(name): value for name, value in asdict(photo).items()}


def _from_row(row: dict[str, Any]) -> Photo:
    content = {f.name: row[column_of(f.name)] for f in fields(Photo)}
    content["tags"] = tuple(content["tags"] or ())
    return Photo(**content)


def _read_own_manifest(root: Path) -> Iterator[Photo]:
    path = root / MANIFEST
    if path.exists():
        yield from read_manifest(path, str(path))


def read_manifest(file: Path | BinaryIO, name: str) -> Iterator[Photo]:
    """Yield the rows of a manifest; ``name`` is what an error calls it.

    Raises:
        DataprepError: it isn't one.
    """
    try:
        rows = pq.read_table(file).select(SCHEMA.names).to_pylist()
        yield from (_from_row(row) for row in rows)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise DataprepError(
            f"{name}: not a manifest ({error}); "
            f"move it away and import or fetch again, or restore it"
        ) from None


def size_on_disk(folder: Path) -> int:
    """Return the bytes of all files under ``folder``."""
    return sum(os.path.getsize(path) for path in folder.rglob("*") if path.is_file())
