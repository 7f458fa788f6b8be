"""Photos coloured on a Ray cluster: as here, resumed, with one manifest of what was done."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from colorunet.cli import app

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
NETWORK = ["--network", "colorunet-listed", "--working-edge", "32"]


@pytest.fixture
def album(demo_photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    (folder / "1938").mkdir(parents=True)
    with Image.open(demo_photos / "skimage" / "chelsea.png") as cat:
        for number in range(70):
            left = number * 2
            part = cat.convert("L").crop((left, 0, left + 96, 64))
            part.save(folder / "1938" / f"{number:02d}.png")
    (folder / "broken.jpg").write_bytes(b"no photo")
    return folder


def colorize(*words: object) -> Result:
    return CliRunner().invoke(app, ["colorize", *map(str, words), *NETWORK, "--json"])


def test_a_cluster_gives_the_pixels_of_one_machine_and_goes_on_where_it_was(
    ray_cluster: Any, album: Path, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    assert colorize(album, "-o", here).exit_code == 3
    words = (album, "-o", there, "--engine", "ray", "--ray-address", ray_cluster.address)
    first = json.loads(colorize(*words).stdout)
    assert (first["colorized"], first["kept"], first["skipped"]) == (70, 0, 1)
    for path in sorted(here.rglob("*.png")):
        ours, theirs = Image.open(path), Image.open(there / path.relative_to(here))
        assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).max() <= 1
    (there / "1938" / "07.png").unlink()
    cut = there / "1938" / "08.png"
    cut.write_bytes(cut.read_bytes()[:100])
    again = json.loads(colorize(*words).stdout)
    assert (again["colorized"], again["kept"], again["skipped"]) == (2, 68, 1)
    rows = [json.loads(line) for line in (there / "manifest.jsonl").read_text().splitlines()]
    assert len(rows) == len({row["input"] for row in rows}) == 71
    assert all(row["status"] == "colorized" for row in rows if row["input"].endswith(".png"))
    (broken,) = (row for row in rows if row["status"] == "skipped")
    assert "not a known image" in broken["reason"]


def test_processes_of_this_machine_do_the_same(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = colorize("album", "-o", "out", "--workers", 2, "--manifest", "done.jsonl")
    assert json.loads(done.stdout)["colorized"] == 70
    assert len(Path("done.jsonl").read_text().splitlines()) == 71
    assert (tmp_path / "out" / "1938" / "69.png").is_file()
