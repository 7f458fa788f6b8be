"""Pages are one file that asks for nothing, and what came from outside is text in them."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image

from colorfiles.pages.frame import page_html, write_page
from colorfiles.pages.parts import Judgement, Tile, html_table, link, note, picture, swatch, tiles
from colorfiles.pages.photo_names import photo_name

EVIL = '"><script>alert(1)</script>'


def test_the_policy_lets_in_the_one_script_of_the_page() -> None:
    page = page_html(title="t", facts="", sections=[("a", note("x"))])
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_sections_without_content_are_left_out_of_the_contents_too() -> None:
    page = page_html(title="t", facts="", sections=[("one", "<p>1"), ("none", ""), ("two", "<p>2")])
    assert re.findall(r'href="#(s\d)">(\w+)', page) == [("s1", "one"), ("s2", "two")]


def test_texts_are_text_wherever_they_stand() -> None:
    parts = [
        html_table([EVIL], [[EVIL, Judgement(EVIL, "bad"), Judgement(EVIL)]], caption=EVIL),
        tiles([Tile(EVIL, EVIL, Judgement(EVIL, "good"), EVIL)]),
        picture(Image.new("RGB", (2, 2)), EVIL, alt=EVIL),
        swatch("#fff", EVIL),
        link("", EVIL),
        note(EVIL),
    ]
    for part in parts:
        assert "<script" not in part
        assert "&lt;script" in part


def test_a_judgement_has_a_sign_besides_its_colour() -> None:
    table = html_table(
        ["", "said"], [["a", Judgement("met", "good")], ["b", Judgement("x", "bad")]]
    )
    assert '<span class="good">✓ met</span>' in table
    assert '<span class="bad">✗ x</span>' in table


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("folder-old-mill-310c5bf910-v2", "old mill"),
        ("folder-310c5bf910-v0", "310c5bf910"),
        ("sun-beach-abcd1234ef", "SUN beach"),
        ("flickr-4711-v0", "Flickr 4711"),
        ("demo-val0x1-v0", "demo-val0x1"),
        ("", ""),
    ],
)
def test_a_photo_is_called_by_its_name(key: str, name: str) -> None:
    assert photo_name(key) == name


def test_a_page_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_page(target, title="t", facts="", sections=[])
    assert list(tmp_path.iterdir()) == [target]
