"""The photo folder: files as received, and a manifest with one row per photo seen."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from colorfiles.files import append, discard, open_own, sweep, write_atomically
from colorfiles.locks import only_writer
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.documents import parse_json
from colorfiles.outside.files import is_inside, open_regular, read_regular
from dataprep.errors import DataprepError
from dataprep.photos.rows import SCHEMA, Photo, from_row, read_manifest, to_row

MANIFEST = "manifest.parquet"
_JOURNAL = ".manifest.journal.jsonl"
_ROWS_AT_ONCE = 2_000
MOST_BYTES = 200_000_000  # of a photo
_MOST_JOURNAL_LINE = 1 << 20  # bytes of a row as JSON


def utc_now() -> str:
    """Return the current time in the manifest's form: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slug(text: str, max_length: int = 40) -> str:
    """Return ``text`` as part of a key: lower-case letters, digits and dashes, or ""."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:max_length].strip("-")


class PhotoFolder:
    """A photo folder, open for reading or writing.

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
            manifest = root / MANIFEST
            refuse_foreign(manifest, is_own=lambda _: manifest.is_file() and _is_parquet(manifest))
        elif not (root / MANIFEST).exists() and not (root / _JOURNAL).exists():
            raise DataprepError(
                f"{root}: no {MANIFEST} there; make a photo folder with `dataprep import`, "
                "`fetch-flickr` or `fetch-sun`"
            )
        self._photos: dict[str, Photo] = {photo.key: photo for photo in _read_own_manifest(root)}
        self._replay_journal()
        self._journal: BinaryIO | None = None

    @classmethod
    @contextmanager
    def writing(
        cls, root: Path, *, source: str = "", create: bool = True
    ) -> Iterator["PhotoFolder"]:
        """Open a folder as its only writer for the block.

        Args:
            root: the folder; made where it is missing, if ``create``.
            source: whose sub-folder is needed; what a killed writer left there is swept.
            create: False where there must be one already.

        Raises:
            ColorfilesError: another process writes there, or as on creation.
        """
        if create:
            root.mkdir(parents=True, exist_ok=True)
        elif not root.is_dir():
            cls(root)  # raises
        with only_writer(root):
            folder = cls(root, create=create)
            try:
                sweep(root)
                if source:
                    folder._require_inside(f"{source}/any")
                    (root / source).mkdir(exist_ok=True)
                    sweep(root / source)
                yield folder
            finally:
                folder.close()

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
        """Return the rows of kept photos, sorted by key."""
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
            return read_regular(self.root / photo.path, most=MOST_BYTES, within=self.root)
        except OSError as error:
            raise DataprepError(
                f"photo {photo.key}: {error.strerror} ({photo.path}); fetch or import it again"
            ) from None

    def add(self, photo: Photo, data: bytes | None = None) -> None:
        """Store a row, and for a kept photo its bytes at ``photo.path``.

        It replaces the row of its key, if any, and that row's file too.

        Raises:
            ValueError: a kept photo without bytes or with a path outside ``source/``.
        """
        if photo.status == "kept" and data is not None:
            self._store(photo, data)
        elif photo.status == "kept" and not (self.root / photo.path).is_file():
            raise ValueError(f"photo {photo.key}: kept, but neither bytes nor a file for it")
        before = self._photos.get(photo.key)
        self._photos[photo.key] = photo
        self._append(to_row(photo))  # first: a row must not be left without its file
        if before is not None and before.path and before.path != photo.path:
            place = self.root / before.path
            if is_inside(place, self.root):
                discard(place)

    def remove(self, photo: Photo, reason: str) -> None:
        """Reject a kept photo and delete its file; its row stays, with the reason."""
        content = {f.name: getattr(photo, f.name) for f in fields(Photo)}
        self.add(Photo(**(content | {"path": "", "status": "rejected", "reason": reason})))

    def commit(self) -> None:
        """Rewrite the manifest, sorted by key, and delete the journal."""
        photos = self.photos()
        with (
            write_atomically(self.root / MANIFEST) as temporary,
            pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer,
        ):
            for start in range(0, len(photos), _ROWS_AT_ONCE):  # halves the peak of memory
                part = [to_row(photo) for photo in photos[start : start + _ROWS_AT_ONCE]]
                writer.write_table(pa.Table.from_pylist(part, schema=SCHEMA))
        self.close()
        discard(self.root / _JOURNAL)

    def close(self) -> None:
        """Close the journal, which keeps added rows until a ``commit``."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _store(self, photo: Photo, data: bytes) -> None:
        if not photo.path:
            raise ValueError(f"photo {photo.key}: kept, but without a path")
        self._require_inside(photo.path)
        target = self.root / photo.path
        if not target.parent.is_dir():
            target.parent.mkdir()
        before = self._photos.get(photo.key)
        if before is None or before.path != photo.path:
            refuse_other_photo(target, data)
        with write_atomically(target) as temporary:
            temporary.write_bytes(data)

    def _require_inside(self, path: str) -> None:
        if not is_inside(self.root / path, self.root):
            raise DataprepError(
                f"{(self.root / path).parent}: a link that leads out of the photo folder; "
                "put a folder in its place"
            )

    def _append(self, row: dict[str, Any]) -> None:
        if self._journal is None:
            self._journal = open_own(self.root / _JOURNAL, append=True)
            if self._journal.tell() > 0:
                append(self._journal, b"\n", self.root / _JOURNAL)  # ends a line that a kill cut
        append(self._journal, json.dumps(row).encode() + b"\n", self.root / _JOURNAL)

    def _replay_journal(self) -> None:
        journal = self.root / _JOURNAL
        if not journal.exists():
            return
        with open_regular(journal, within=self.root) as file:
            while line := file.readline(_MOST_JOURNAL_LINE):
                try:
                    photo = from_row(parse_json(line))
                except (ValueError, TypeError, KeyError):
                    continue  # the line that a kill cut short
                self._photos[photo.key] = photo


def refuse_other_photo(target: Path, data: bytes) -> None:
    """Raise ForeignFile if a file without a row is at the place of a photo.

    A file that a kill left before its row was written has the photo's own bytes, and is allowed.
    """
    refuse_foreign(target, is_own=lambda _: target.is_file() and target.read_bytes() == data)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read_own_manifest(root: Path) -> Iterator[Photo]:
    path = root / MANIFEST
    if path.exists():
        try:
            file = open_regular(path, within=root)
        except OSError as error:
            raise DataprepError(f"{path}: {error.strerror}") from None
        with file:
            yield from read_manifest(file, str(path))


def size_on_disk(folder: Path) -> int:
    """Return the bytes of all files under ``folder``."""
    return sum(os.path.getsize(path) for path in folder.rglob("*") if path.is_file())
