"""SQL schema of the journal, and its validation."""

import sqlite3
from contextlib import closing

_UNKNOWN = ("pages", "total")  # is null where Flickr doesn't state it
_TYPES = {"TEXT": "text", "INT": "integer", "INTEGER": "integer"}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS queries (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS pages (query INT, start INT, stop INT, page INT, reading INT,
  rows INT, per_page INT, total INT, ids TEXT, PRIMARY KEY (query, start, stop, page, reading));
CREATE TABLE IF NOT EXISTS windows (query INT, start INT, stop INT, whole INT, total INT,
  PRIMARY KEY (query, start, stop));
CREATE TABLE IF NOT EXISTS found (query INT, uploaded INT, rank TEXT, id TEXT, data TEXT,
  PRIMARY KEY (query, id));
CREATE INDEX IF NOT EXISTS by_date ON found (query, uploaded, rank);
CREATE TABLE IF NOT EXISTS outcomes (id TEXT, url TEXT, passing INT, data TEXT,
  PRIMARY KEY (id, url));
CREATE TABLE IF NOT EXISTS fetches (settings TEXT PRIMARY KEY, licenses TEXT, finished INT);
CREATE TABLE IF NOT EXISTS refreshed (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS failures (id TEXT, url TEXT, count INT, PRIMARY KEY (id, url));
"""


def lay_out(db: sqlite3.Connection) -> None:
    """Lock a journal for this process, create missing tables, and validate the others.

    Raises:
        sqlite3.DatabaseError: the file holds something else.
    """
    # The lock lasts as long as the process: two fetches into one folder can't mix.
    db.execute("PRAGMA locking_mode=EXCLUSIVE")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(_SCHEMA)
        listed = "SELECT type, name FROM sqlite_schema ORDER BY 1, 2"
        if db.execute(listed).fetchall() != model.execute(listed).fetchall():
            raise sqlite3.DatabaseError("it holds what no journal has")  # a trigger, say
        for (table,) in model.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
            _require_types(db, table, model.execute(f"PRAGMA table_info({table})").fetchall())


def _require_types(db: sqlite3.Connection, table: str, columns: list[tuple[str, ...]]) -> None:
    """Raise for values of other types, since SQLite accepts any type in any column."""
    odd = [
        f"(typeof({name}) != '{_TYPES[kind]}' AND {name} IS NOT NULL)"
        if (table, name) == _UNKNOWN
        else f"typeof({name}) != '{_TYPES[kind]}'"
        for _, name, kind, *_ in columns
    ]
    wrong = f"SELECT 1 FROM {table} WHERE {' OR '.join(odd)} LIMIT 1"  # noqa: S608
    if db.execute(wrong).fetchone():
        raise sqlite3.DatabaseError(f"{table} holds values of other types")
