"""Crash-safe journal of a fetch: pages, upload windows, photos found, downloads."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from colorfiles.outside.documents import parse_json, text
from dataprep.errors import DataprepError
from dataprep.sources.flickr.journal_tables import lay_out
from dataprep.sources.flickr.listing import Page
from dataprep.sources.flickr.windows import Window

NAME = ".flickr.sqlite3"
_UNDATED = -1


@dataclass(frozen=True)
class KnownPage:
    """A page that was read: its ids, and its totals."""

    ids: tuple[str, ...]
    rows: int
    per_page: int
    total: int | None


class Journal:
    """The journal of a photo folder; every method is one transaction, from any thread.

    Raises:
        DataprepError: the file isn't a journal, another fetch is writing it, or the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = threading.RLock()
        if any(Path(f"{self._path}{end}").is_symlink() for end in ("", "-wal", "-shm")):
            raise DataprepError(f"{self._path}: a link; delete it, a journal is a file of its own")
        with self._errors():
            self._db = sqlite3.connect(
                self._path, check_same_thread=False, isolation_level=None, timeout=0.5
            )
            try:
                lay_out(self._db)
            except BaseException:
                self._db.close()  # or it would hold the lock
                raise

    def close(self) -> None:
        """Close the file; all entries are stored already."""
        with self._lock:
            self._db.close()

    def query(self, text: str) -> int:
        """Return the number of a query, which has all parameters of its answers."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO queries (text) VALUES (?)", (text,))
            row = db.execute("SELECT id FROM queries WHERE text = ?", (text,)).fetchone()
            return int(row[0])

    def page(self, query: int, window: Window, page: int, reading: int) -> KnownPage | None:
        """Return a page that was read before."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT ids, rows, per_page, total FROM pages"
                " WHERE (query, start, stop, page, reading) = (?, ?, ?, ?, ?)",
                (query, window.start, window.stop, page, reading),
            ).fetchone()
        if row is None:
            return None
        try:
            ids = tuple(text(one, "id") for one in parse_json(row[0].encode()))
        except (TypeError, ValueError) as error:
            raise self._not_one(error) from None
        return KnownPage(ids, *row[1:])

    def add_page(self, query: int, window: Window, page: int, reading: int, answer: Page) -> None:
        """Store a page and its photos."""
        ids = json.dumps([photo.id for photo in answer.photos])
        place = (query, window.start, window.stop, page, reading)
        content = (answer.rows, answer.per_page, answer.total, ids)
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO pages VALUES (?,?,?,?,?,?,?,?,?)", (*place, *content)
            )
            db.executemany(
                "INSERT OR IGNORE INTO found VALUES (?,?,?,?,?)",
                (
                    # Ids of one second in the order of their numbers.
                    (query, p.uploaded or _UNDATED, f"{p.id:0>24}", p.id, p.to_json())
                    for p in answer.photos
                ),
            )

    def add_window(self, query: int, window: Window, *, whole: bool, total: int = 0) -> None:
        """Store that a window is fully known, or holds more than can be listed."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO windows VALUES (?,?,?,?,?)",
                (query, window.start, window.stop, whole, total),
            )
            if whole:  # photos without a date of their own have the window's
                db.execute(
                    "UPDATE found SET uploaded = :start WHERE query = :query AND uploaded = :none"
                    " AND id IN (SELECT value FROM pages, json_each(pages.ids) WHERE"
                    " (query, start, stop) = (:query, :start, :stop))",
                    {
                        "query": query,
                        "start": window.start,
                        "stop": window.stop,
                        "none": _UNDATED,
                    },
                )

    def windows(self, query: int, *, whole: bool) -> list[tuple[Window, int]]:
        """Return the windows of a query with their totals."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT start, stop, total FROM windows WHERE query = ? AND whole = ?",
                (query, whole),
            ).fetchall()
        return [(Window(start, stop), total) for start, stop, total in rows]

    def found(self, query: int, window: Window, *, skip: int = 0, most: int = 200) -> list[str]:
        """Return rows (JSON) of a window by upload date, then id."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT data FROM found WHERE query = ? AND uploaded >= ? AND uploaded < ?"
                " ORDER BY uploaded, rank LIMIT ? OFFSET ?",
                (query, window.start, window.stop, most, skip),
            ).fetchall()
        return [row[0] for row in rows]

    def date_of_nth(self, query: int, window: Window, nth: int) -> int | None:
        """Return the upload date of a window's nth known photo, or None."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT uploaded FROM found WHERE query = ? AND uploaded >= ? AND uploaded < ?"
                " ORDER BY uploaded, rank LIMIT 1 OFFSET ?",
                (query, window.start, window.stop, nth),
            ).fetchone()
        return int(row[0]) if row else None

    def is_found(self, queries: list[int], photo_id: str) -> bool:
        """Return whether one of the queries has found a photo."""
        marks = ",".join("?" * len(queries))
        with self._transaction() as db:
            statement = f"SELECT 1 FROM found WHERE query IN ({marks}) AND id = ?"  # noqa: S608
            row = db.execute(statement, (*queries, photo_id)).fetchone()
        return row is not None

    def outcome(self, photo_id: str, url: str) -> str | None:
        """Return the stored outcome of a download (JSON), or None."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT data FROM outcomes WHERE id = ? AND url = ?", (photo_id, url)
            ).fetchone()
        return row[0] if row else None

    def good_url(self) -> str | None:
        """Return the address of an earlier successful download, for testing its host."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT url FROM outcomes WHERE NOT passing"
                " AND json_extract(data, '$.reason') = '' ORDER BY id LIMIT 1"
            ).fetchone()
        return str(row[0]) if row else None

    def failures(self, photo_id: str, url: str) -> int:
        """Return a photo's failures, over all runs, while its host answered others."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT count FROM failures WHERE (id, url) = (?, ?)", (photo_id, url)
            ).fetchone()
        return int(row[0]) if row else 0

    def add_failures(self, photos: Iterable[tuple[str, str]]) -> None:
        """Add one failure for each photo, given as id and url."""
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO failures VALUES (?,?,1)"
                " ON CONFLICT (id, url) DO UPDATE SET count = count + 1",
                photos,
            )

    def add_outcome(self, photo_id: str, url: str, data: str, *, passing: int) -> None:
        """Store the outcome of a download.

        ``passing`` is 0 for a final outcome; 1 for a failure that may be the network's, which a
        rerun retries; 2 if the host worked meanwhile, so that only another fetch retries.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO outcomes VALUES (?,?,?,?)", (photo_id, url, passing, data)
            )

    def begin(self, settings: str, licenses: tuple[str, ...]) -> None:
        """Store the start of a fetch.

        A resumed fetch retries photos that failed possibly because of the network; a new fetch
        retries all that failed.
        """
        with self._transaction() as db:
            row = db.execute(
                "SELECT finished FROM fetches WHERE settings = ?", (settings,)
            ).fetchone()
            if row is None:
                values = (settings, ",".join(licenses), False)
                db.execute("INSERT INTO fetches VALUES (?,?,?)", values)
                db.execute("DELETE FROM outcomes WHERE passing")
                db.execute("DELETE FROM failures")
            elif not row[0]:
                db.execute("DELETE FROM outcomes WHERE passing = 1")

    def finish(self, settings: str) -> None:
        """Store the end of a fetch."""
        with self._transaction() as db:
            db.execute("UPDATE fetches SET finished = 1 WHERE settings = ?", (settings,))

    def allowed_licenses(self) -> set[str]:
        """Return the ids of all licences that the fetches of this folder allowed."""
        with self._transaction() as db:
            rows = db.execute("SELECT licenses FROM fetches").fetchall()
        return {license_id for row in rows for license_id in row[0].split(",") if license_id}

    def refreshed(self) -> set[str]:
        """Return the photos that an unfinished refresh has checked."""
        with self._transaction() as db:
            return {row[0] for row in db.execute("SELECT id FROM refreshed").fetchall()}

    def add_refreshed(self, photo_id: str) -> None:
        """Store that a refresh has checked a photo."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO refreshed VALUES (?)", (photo_id,))

    def end_refresh(self) -> None:
        """Store the end of a refresh: the next one checks all photos."""
        with self._transaction() as db:
            db.execute("DELETE FROM refreshed")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors():
            self._db.execute("BEGIN")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                reason = "another fetch is at work in this folder; wait for it"
            elif "full" in str(error) or "I/O" in str(error):
                reason = f"{error}; make room and run the same command again to resume"
            else:
                reason = str(error)
            raise DataprepError(f"{self._path}: {reason}") from None
        except sqlite3.DatabaseError as error:
            raise self._not_one(error) from None
        except UnicodeDecodeError:  # SQLite's message holds bytes of the damaged file
            raise self._not_one("damaged") from None

    def _not_one(self, why: object) -> DataprepError:
        return DataprepError(f"{self._path}: not a journal ({why}); delete it, the photos stay")
