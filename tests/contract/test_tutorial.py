"""docs/tutorial.md, every command of it, on fewer photographs and fewer steps."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from colorunet.cli import app as colorunet
from dataprep.cli import app as dataprep
from trainer.cli import app as trainer

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
PROGRAMS = {"dataprep": dataprep, "trainer": trainer, "colorunet": colorunet}
# What makes it quick; each has to stand on the page, or this test would run something else.
QUICKER = {
    "--count 600": "--count 24 --image-rate 100",
    "--split --palette": "--split 60/40/60/40 --views 1 --size 64 --workers 1 --palette",
    "--set epochs=3": "--set epochs=1 --set batch_size=4 --set max_steps=2 --set crop=64",
    "trainer calibrate run shards": "trainer calibrate run shards --limit 2 --scales 1",
    "--html evaluation.html": "--html evaluation.html --limit 4",
    "trainer diagnose run shards": "trainer diagnose run shards --limit 2",
}
LEFT = (
    "palette.png",
    "shards/index.json",
    "shards.html",
    "samples.png",
    "run/report.html",
    "evaluation.html",
)


def commands() -> list[str]:
    """The lines of the page's bash blocks, in order."""
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def flickr(demo_photos: Path) -> Iterator[str]:
    """The server of the page's second way, as a person would start it."""
    words = ["--photos", demo_photos, "--tags", "beach,forest,flower", "--per-tag", "12"]
    command = [sys.executable, "-m", "flickr_server", *map(str, words), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tools")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def _write_clip(path: Path, photo: Path) -> None:
    """Six frames of a camera that goes over a photograph in gray."""
    image = Image.open(photo).convert("L").resize((192, 128))
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for place in range(0, 24, 4):
            view = image.crop((place, 16, place + 128, 112)).convert("RGB")
            film.mux(stream.encode(av.VideoFrame.from_image(view)))
        film.mux(stream.encode())


def test_the_tutorial_leads_from_tags_to_an_album_and_a_film(
    flickr: str, demo_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _write_clip(tmp_path / "clip.mp4", next(iter(sorted(demo_photos.rglob("*.jpg")))))
    monkeypatch.setenv("FLICKR_API_KEY", "any")
    monkeypatch.setenv("FLICKR_API_URL", flickr)
    page = "\n".join(commands())
    assert [text for text in QUICKER if text not in page] == []
    for line in commands():
        for text, quicker in QUICKER.items():
            line = line.replace(text, quicker)  # noqa: PLW2901
        program, *words = shlex.split(line)
        if program in PROGRAMS:
            result = CliRunner().invoke(PROGRAMS[program], words, catch_exceptions=False)
            assert result.exit_code == 0, f"{line}\n{result.output}"
        else:
            subprocess.run(["bash", "-c", line], check=True)
    assert [name for name in LEFT if not (tmp_path / name).is_file()] == []
    album = sorted(path.name for path in (tmp_path / "album" / "summer").iterdir())
    colored = sorted(path.name for path in (tmp_path / "album-in-colour" / "summer").iterdir())
    assert len(album) == 4
    assert colored == sorted(album + [name.replace(".jpg", "-compare.jpg") for name in album])
    with av.open(str(tmp_path / "album-in-colour" / "clip.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 6
    assert max(np.ptp(frame, axis=-1).max() for frame in frames) > 16  # not gray any more
    warmer = tmp_path / "album-warmer" / "summer"
    assert all((warmer / name).read_bytes() for name in album)


def test_every_command_of_the_page_is_in_a_block_that_runs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    programs = {line.split()[0] for line in commands()}
    assert programs >= set(PROGRAMS)
    plain = "".join(re.findall(r"^```\n(.*?)^```", text, re.M | re.S))
    assert not re.findall(r"^(?:dataprep|trainer|colorunet) ", plain, re.M)
