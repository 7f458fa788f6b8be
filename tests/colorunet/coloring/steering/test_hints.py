"""Hints are read from whatever is in the file, or refused in one line that names the hint."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from colorcore import rgb_to_yuv
from colorunet import ColorunetError, Hint, parse_hints, read_hints
from colorunet.coloring.steering.hints import MOST_HINTS, require_inside

_RED = {"x": 120, "y": 80, "color": "#c04030"}


def test_a_file_of_hints_is_read_as_it_is_documented(tmp_path: Path) -> None:
    path = tmp_path / "hints.json"
    path.write_text(json.dumps([_RED, {"x": 0, "y": 2.5, "color": "#FFFFFF"}]))
    assert read_hints(path) == (Hint(120, 80, "#c04030"), Hint(0, 2.5, "#FFFFFF"))
    assert parse_hints(b"[]") == ()


def test_the_chroma_of_a_hint_is_that_of_its_color() -> None:
    rgb = np.array([0xC0, 0x40, 0x30]) / 255
    np.testing.assert_allclose(Hint(1, 1, "#c04030").uv, rgb_to_yuv(rgb)[1:])
    for name, same in (("teal", "#008080"), ("#fA3", "#ffaa33"), ("RebeccaPurple", "#663399")):
        np.testing.assert_array_equal(Hint(1, 1, name).uv, Hint(1, 1, same).uv)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({**_RED, "color": "redd"}, "#c04030"),
        ({**_RED, "color": "rgb(1,2,3)"}, "#c04030"),
        ({**_RED, "color": "#c0403"}, "#c04030"),
        ({**_RED, "color": 7}, "#c04030"),
        ({**_RED, "x": -1}, "x"),
        ({**_RED, "y": "80"}, "y"),
        ({**_RED, "x": True}, "x"),
        ({"x": 1, "y": 1}, "expected x, y and color"),
        ({**_RED, "radius": 5}, "expected x, y and color"),
        ([1, 2, "#c04030"], "expected x, y and color"),
        ("\x1b[31m", "expected x, y and color"),
    ],
)
def test_a_hint_that_is_none_is_named(entry: Any, word: str) -> None:
    with pytest.raises(ColorunetError, match=r"hint 2: ") as caught:
        parse_hints(json.dumps([_RED, entry]).encode())
    assert word in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b'{"x": 1}',
        b"[" * 5000,
        b'[{"x": NaN, "y": 1, "color": "#c04030"}]',
        b'[{"x": 1e999, "y": 1, "color": "#c04030"}]',
        b"[" + b" " * (2 << 20) + b"]",
        json.dumps([_RED] * (MOST_HINTS + 1)).encode(),
    ],
)
def test_what_is_no_list_of_hints_is_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ColorunetError):
        parse_hints(data)
    path = tmp_path / "hints.json"
    path.write_bytes(data)
    with pytest.raises(ColorunetError, match=r"hints\.json: ") as caught:
        read_hints(path)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "missing", "."):
        with pytest.raises(ColorunetError):
            read_hints(tmp_path / name)


def test_hints_outside_the_photo_or_at_odds_are_named() -> None:
    inside = Hint(639, 479, "#c04030")
    require_inside([inside], (640, 480))
    for outside in (Hint(640, 0, "#c04030"), Hint(0, 480, "#c04030")):
        with pytest.raises(ColorunetError, match=r"hint 2: .*640 × 480"):
            require_inside([inside, outside], (640, 480))
    with pytest.raises(ColorunetError, match=r"hint 2: #000000 for the pixel \(639, 479\)"):
        require_inside([inside, Hint(639, 479, "#000000")], (640, 480))
    require_inside([inside, Hint(639, 479, "#C04030")], (640, 480))
