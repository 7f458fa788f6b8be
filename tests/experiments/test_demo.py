"""A demo goes on with what an earlier one left, and leaves alone what no demo made."""

import re
import time
from pathlib import Path

import demo
import pytest


def test_a_demo_of_the_same_photographs_keeps_what_is_there(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    demo._open(out, "shipped\n")
    (out / "run").mkdir()
    (out / "palette.json").write_text("{}")
    demo._open(out, "shipped\n")
    assert (out / "run").is_dir()
    assert (out / "palette.json").read_text() == "{}"


def test_a_demo_of_other_photographs_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    demo._open(out, "shipped\n")
    (out / "run").mkdir()
    (out / "palette.json").write_text("{}")
    (out / "mine.txt").write_text("kept")
    demo._open(out, "/photos\n")
    assert not (out / "run").exists()
    assert not (out / "palette.json").exists()
    assert (out / "mine.txt").read_text() == "kept"


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(SystemExit, match="no demo made this"):
        demo._open(tmp_path, "shipped\n")
    assert (tmp_path / "run").is_dir()


def test_what_runs_long_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "_EVERY_S", 0.01)
    said = ""
    with demo._told_every_few_seconds("trainer fit"):
        while "\n" not in said:
            said += capfd.readouterr().err
            time.sleep(0.01)
    assert re.match(r"trainer fit: \d+ s\n", said)
