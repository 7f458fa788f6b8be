"""A disk that takes no more ends import and fetch-sun with one line; a rerun goes on."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

LIMIT_BYTES = 30_000  # a file that would grow beyond fails to be written, as on a full disk


@pytest.fixture
def trees(tmp_path: Path, demo_photos: Path) -> dict[str, Path]:
    """A folder and a SUN tree of three small photos and one that doesn't fit any more."""
    photo = Image.open(demo_photos / "sklearn" / "china.jpg")
    beach = tmp_path / "SUN397" / "b" / "beach"
    beach.mkdir(parents=True)
    for number, letter in enumerate("abcd"):
        size = (640, 427) if letter == "c" else (120, 90)
        part = photo.crop((number * 90, 0, number * 90 + 360, 270)).resize(size)
        part.save(beach / f"sun_{letter * 16}.jpg", quality=95)
    return {"import": beach, "fetch-sun": tmp_path / "SUN397"}


def run(args: list[object], preexec: Callable[[], None] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "dataprep", *map(str, args)],
        capture_output=True,
        text=True,
        preexec_fn=preexec,
        check=False,
    )
    return done.returncode, done.stderr


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, LIMIT_BYTES))


@pytest.mark.parametrize("name", ["import", "fetch-sun"])
def test_a_full_disk_ends_it_cleanly_and_a_rerun_goes_on(
    name: str, trees: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, words = run([name, trees[name], "--out", out], limit_files)
    assert code == 1
    assert words.count("\n") == 1
    assert "too large" in words.lower()
    assert not list(out.rglob("*.tmp"))
    assert run([name, trees[name], "--out", out])[0] == 0
    rows = pq.read_table(out / "manifest.parquet").to_pylist()
    assert [row["status"] for row in rows] == ["kept"] * 4
    assert {row["path"] for row in rows} == {
        path.relative_to(out).as_posix() for path in out.rglob("*.jpg")
    }


@pytest.mark.parametrize("name", ["import", "fetch-sun"])
def test_an_output_that_cannot_be_made_is_one_line(
    name: str, trees: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    code, words = run([name, trees[name], "--out", tmp_path / "file" / "photos"])
    assert code == 1
    assert words.count("\n") == 1
    assert str(tmp_path / "file") in words
