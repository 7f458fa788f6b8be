"""Tables, hints, keys and a server's replies: a value or one clean error, whatever they hold."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorfiles.errors import ColorfilesError
from colorunet.errors import ColorunetError
from colorunet.prediction.steering.hints import parse_hints
from dataprep.photos.splits import read_split_file
from dataprep.shards.view_counts import read_view_counts
from dataprep.sources.flickr.credentials import read_credentials
from dataprep.sources.flickr.listing import clean_text, parse_page
from dataprep.sources.metadata_table import read_metadata

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


@fuzz
@given(data=csvs)
def test_tables_of_a_user(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    for read in (read_metadata, read_split_file, lambda table: read_view_counts(table, 5)):
        with contextlib.suppress(ColorfilesError):
            read(path)


HINT = {"x": 1, "y": 2, "color": "#c04030"}


@fuzz
@given(content=st.binary() | anything.map(lambda value: json.dumps([HINT | {"x": value}]).encode())
       | anything.map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_hints(content: bytes) -> None:
    with contextlib.suppress(ColorunetError):
        parse_hints(content)


ROW = {
    "id": "1", "secret": "a", "server": "65535", "owner": "1@N00", "ownername": "A", "title": "t",
    "license": "4", "dateupload": "1262304000", "tags": "beach", "media": "photo", "views": "3",
    "url_m": "https://live.staticflickr.com/65535/1_a_m.jpg", "height_m": "10", "width_m": "20",
}  # fmt: skip


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
