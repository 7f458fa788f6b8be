"""Titles, names, licences and addresses from outside, where people and programs read them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorfiles.outside.words import shown, table_cell, web_link
from colorfiles.pages.frame import write_page
from colorfiles.pages.parts import html_table
from dataprep.photos.rows import Photo
from dataprep.sources.attribution import write_attribution
from dataprep.sources.flickr.rows import ATTRIBUTION

ESCAPE = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x9b31m"


@given(st.text())
def test_what_is_shown_steers_no_terminal_and_can_be_printed(text: str) -> None:
    assert not set(shown(text)) & set("\x1b\x07\x9b\r\n\u202e\u2066")
    shown(text).encode()


def test_ordinary_words_are_shown_as_they_are() -> None:
    for words in ("Größe — 東京 🏖", "C:\\photos", "[draft] 50 %"):
        assert shown(words) == words


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://a b.example",
        "https://x.example/)[click](javascript:alert(1)",
        "https://x.example/\x1b[2J",
        "https://[bad",
        "",
    ],
)
def test_only_plain_web_addresses_are_linked(url: str) -> None:
    assert web_link(url) == ""


def test_a_license_is_linked() -> None:
    url = "https://creativecommons.org/licenses/by/2.0/"
    assert web_link(url) == url


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert not table_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_page_of_attribution_has_no_link_but_web_addresses(tmp_path: Path) -> None:
    photo = Photo(
        key="flickr-1",
        source="flickr",
        source_id="1",
        path="flickr/1.jpg",
        title="](javascript:alert(1)) <script>alert(1)</script>\n# Not a heading " + ESCAPE,
        owner_name="**bold** `code`",
        license_name="CC",
        license_url="javascript:alert(1)",
        page_url="javascript:alert(2)",
    )
    write_attribution(tmp_path, [photo], ATTRIBUTION)
    text = (tmp_path / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "](javascript" not in text.replace("\\](", "")
    assert "<script" not in text
    assert "\x1b" not in text
    assert len(text.splitlines()) == 5


def test_a_page_runs_nothing(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    table = html_table([evil], [[evil]])
    write_page(tmp_path / "p.html", title=evil, facts=evil, sections=[(evil, table)])
    page = (tmp_path / "p.html").read_text()
    assert page.count("<script") == 1  # the page's own, which the policy knows by its hash
    assert "alert(1)</script" not in page
    assert "<img src=x" not in page
    assert "default-src 'none'" in page
    assert "script-src 'sha256-" in page


def test_a_file_name_of_a_stranger_steers_no_terminal(tmp_path, run) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{ESCAPE.replace('/', '')}.jpg").write_bytes(b"no image")
    done = run("trainer", "colorize", tmp_path / "in", "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "\x1b" not in done.stderr + done.stdout
    assert "\\x1b" in done.stderr


def test_an_index_of_a_stranger_steers_no_terminal(tmp_path, run, one_line) -> None:
    (tmp_path / "index.json").write_text(json.dumps({"schema_version": ESCAPE}))
    line = one_line(run("dataprep", "inspect", tmp_path))
    assert "\x1b" not in line
