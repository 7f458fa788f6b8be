"""Tables, hints, keys and a server's replies: a value or one clean error, whatever they hold."""

import contextlib
import json
import os
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorfiles.errors import ColorfilesError
from colorunet.batch.manifest import Manifest, ManifestRow
from colorunet.coloring.steering.hints import parse_hints
from colorunet.errors import ColorunetError
from dataprep.errors import DataprepError
from dataprep.photos.splits import read_split_file
from dataprep.shards.view_counts import read_view_counts
from dataprep.sources.flickr.credentials import read_credentials
from dataprep.sources.flickr.download import Outcome
from dataprep.sources.flickr.journal import NAME, Journal
from dataprep.sources.flickr.listing import FoundPhoto, clean_text, parse_page
from dataprep.sources.flickr.windows import Window
from dataprep.sources.metadata_table import read_metadata
from dataprep.sources.sun.classes import choose_classes
from dataprep.sources.sun.provisional import Provisional
from dataprep.sources.sun.tree import read_partition

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
cells = st.sampled_from(
    ["path", "key", "split", "views", "train", "val", "a.jpg", "../a", '"', ",", ";", "\t", "\n",
     "\r\n", "\0", "\x1b[2J", "=1+1", "9" * 30, "-1", "1.5", "\ufeff", "é"]
)  # fmt: skip
csvs = st.binary() | st.lists(cells, max_size=30).map(lambda parts: "".join(parts).encode())
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)

ROW = {
    "id": "1", "secret": "a", "server": "65535", "owner": "1@N00", "ownername": "A", "title": "t",
    "license": "4", "dateupload": "1262304000", "tags": "beach", "media": "photo", "views": "3",
    "url_m": "https://live.staticflickr.com/65535/1_a_m.jpg", "height_m": "10", "width_m": "20",
}  # fmt: skip


@fuzz
@given(data=csvs)
def test_tables_of_a_user(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    for read in (read_metadata, read_split_file, lambda table: read_view_counts(table, 5)):
        with contextlib.suppress(ColorfilesError):
            read(path)


lines = st.sampled_from(
    ["/a/abbey/sun_aaaaaaaaaaaaaaaa.jpg", "abbey", "church/outdoor", "../x", "#", "\t", "\n", "/",
     "\x1b", "\0", "é"]
)  # fmt: skip


@fuzz
@given(data=st.binary() | st.lists(lines, max_size=20).map(lambda parts: "".join(parts).encode()))
def test_lists_of_sun(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    with contextlib.suppress(ColorfilesError):
        assert all(".." not in name for name in read_partition(path))
    with contextlib.suppress(ColorfilesError):
        choose_classes(str(path), ["abbey"])
    (tmp_path / ".sun-provisional.json").write_bytes(data)
    with contextlib.suppress(ColorfilesError):
        Provisional(tmp_path)


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    sound = json.dumps(asdict(ManifestRow("a.jpg", "b.jpg", "colorized"))).encode() + b"\n"
    return draw(st.binary() | damaged(3 * sound) | st.just(sound + sound[:9]))


@fuzz
@given(data=manifests())
def test_manifests_of_colouring(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(data)
    with contextlib.suppress(ColorfilesError):
        with Manifest.writing(path) as manifest:
            manifest.add(ManifestRow("c.jpg", "c.jpg", "skipped", "why"))
        assert b"c.jpg" in path.read_bytes()
        return
    assert path.read_bytes() == data


@pytest.fixture(scope="module")
def sound_journal(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder)
    query = journal.query("beach")
    reply = {"stat": "ok", "photos": {"photo": [ROW], "total": "1", "perpage": 500}}
    journal.add_page(query, Window(0, 1), 1, 0, parse_page(reply, 500, "2026-01-01"))
    journal.add_window(query, Window(0, 1), whole=True, total=1)
    journal.begin("settings", ("4",))
    journal.add_outcome("1", "url", Outcome("gone").to_json(), passing=1)
    journal.add_failures([("1", "url")])
    journal.add_refreshed("flickr-1")
    journal.close()
    return (folder / NAME).read_bytes()


CELLS = ["queries.text", "pages.rows", "pages.total", "pages.ids", "windows.start", "found.id",
         "found.uploaded", "found.data", "outcomes.data", "fetches.licenses", "fetches.finished",
         "refreshed.id", "failures.count"]  # fmt: skip
VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()


@st.composite
def journals(draw: st.DrawFn, sound: bytes) -> bytes:
    """Damaged bytes, or a sound file with other values in it: some are JSON."""
    if draw(st.booleans()):
        return draw(st.binary() | damaged(sound))
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(sound.replace(b"\x02\x02", b"\x01\x01", 1))  # without the log beside it
    for cell in draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3)):
        table, column = cell.split(".")
        value = draw(VALUES | anything.map(json.dumps))
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
    return db.serialize()


def test_a_journal_with_a_will_of_its_own_is_refused(sound_journal: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(sound_journal)
    with contextlib.closing(sqlite3.connect(tmp_path / NAME)) as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON queries BEGIN DELETE FROM found; END")
    with pytest.raises(DataprepError, match=r"holds what no journal has.*the photos stay"):
        Journal(tmp_path)


@fuzz
@given(data=st.data())
def test_journals_of_a_fetch(data: st.DataObject, sound_journal: bytes, tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / NAME).write_bytes(data.draw(journals(sound_journal)))
    with contextlib.suppress(ColorfilesError), contextlib.closing(Journal(tmp_path)) as journal:
        query = journal.query("beach")
        journal.page(query, Window(0, 1), 1, 0)
        assert all(type(total) is int for _, total in journal.windows(query, whole=True))
        for row in journal.found(query, Window(-(2**63), 2**63 - 1)):
            FoundPhoto.from_json(row)
        journal.date_of_nth(query, Window(0, 1), 0)
        Outcome.from_json(journal.outcome("1", "url") or "{}")
        journal.good_url()
        journal.failures("1", "url")
        journal.begin("settings", ("4",))
        assert all(type(one) is str for one in journal.allowed_licenses() | journal.refreshed())


HINT = {"x": 1, "y": 2, "color": "#c04030"}


@fuzz
@given(content=st.binary() | anything.map(lambda value: json.dumps([HINT | {"x": value}]).encode())
       | anything.map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_hints(content: bytes) -> None:
    with contextlib.suppress(ColorunetError):
        parse_hints(content)


@st.composite
def replies(draw: st.DrawFn) -> Any:
    row: dict[str, Any] = dict(ROW)
    for key in draw(st.lists(st.sampled_from(sorted(ROW)), max_size=4)):
        row[key] = draw(anything)
    photos: dict[str, Any] = {"photo": [row, draw(anything)], "total": "2", "perpage": 500}
    photos[draw(st.sampled_from(["total", "perpage", "pages", "other"]))] = draw(anything)
    return draw(st.sampled_from([{"photos": photos, "stat": "ok"}, draw(anything)]))


@fuzz
@given(reply=replies())
def test_replies_of_a_search(reply: Any) -> None:
    with contextlib.suppress(ValueError):
        for photo in parse_page(reply, 500, "2026-01-01").photos:
            assert photo.id


@fuzz
@given(value=anything)
def test_words_of_a_server_are_one_printable_line(value: Any) -> None:
    text = clean_text(value)
    assert not set(text) & set("\r\n\x1b\0")
    text.encode()


@fuzz
@given(
    data=st.binary()
    | st.text().map(lambda text: f"FLICKR_API_KEY={text}\n".encode("utf-8", "replace"))
)
def test_files_with_a_key(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "env").write_bytes(data)
    with contextlib.suppress(ColorfilesError):
        assert read_credentials(tmp_path / "env", {}).key.isprintable()
