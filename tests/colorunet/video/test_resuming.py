"""A film whose making was killed goes on where it was, to the very bytes of an undisturbed one."""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clip_files import ClipSettings, write_clip

from colorfiles.errors import ColorfilesError
from colorfiles.locks import only_writer
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.toning import Toning
from colorunet.video import film as story
from colorunet.video.film import colorize_video
from colorunet.video.painting import FilmLook
from colorunet.video.parts import parts_folder
from colorunet.video.reading import UnusableClip

# Kills itself as soon as so many of its stretches are there.
_CODE = """
import os, pathlib, signal, sys
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.video import film
from colorunet.video.parts import parts_folder
from colorunet.video.reading import UnusableClip
film.STRETCH_FRAMES = 3
colorizer = Colorizer.load(options=PredictionOptions(scales=(1.0,)), working_edge_px=64)
def killed(*_, **__):
    if len(list(parts_folder(pathlib.Path(sys.argv[2])).glob("0*.npz"))) >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
film.colorize_video(colorizer, sys.argv[1], sys.argv[2], report=killed)
"""


@pytest.fixture
def source(gray_film: Callable[..., list[np.ndarray]], tmp_path: Path) -> Path:
    luma = gray_film(8, 10, 6)
    return write_clip(tmp_path / "a.mp4", luma, ClipSettings(sound=0.5))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_killed_and_resumed_gives_the_same_file(
    source: Path, colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "STRETCH_FRAMES", 3)
    whole, killed = tmp_path / "whole.mp4", tmp_path / "killed.mp4"
    undisturbed = colorize_video(colorizer, source, whole)
    parts = parts_folder(killed)
    for wanted in (2, 5):  # stretches after which it is killed
        words = [str(source), str(killed), str(wanted)]
        done = subprocess.run([sys.executable, "-c", _CODE, *words], check=False)
        assert done.returncode == -signal.SIGKILL
        assert not killed.exists()
    written = {path.name: path.stat().st_mtime_ns for path in parts.glob("00000[01].npz")}

    def is_kept(_: int = 1, *, note: str | None = None) -> None:
        assert {name: (parts / name).stat().st_mtime_ns for name in written} == written

    resumed = colorize_video(colorizer, source, killed, report=is_kept)
    assert _digest(killed) == _digest(whole)
    told = ("frames", "cuts", "flicker", "lost", "notes")
    assert {key: getattr(resumed, key) for key in told} == {
        key: getattr(undisturbed, key) for key in told
    }
    assert not parts.exists()


def test_parts_of_other_options_or_damaged_ones_are_not_resumed(
    source: Path, colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "STRETCH_FRAMES", 4)
    target = tmp_path / "out.mp4"

    def stopped(_: int = 1, *, note: str | None = None) -> None:
        if len(list(parts_folder(target).glob("0*.npz"))) >= 2:
            raise KeyboardInterrupt

    for damage in (False, True):
        with pytest.raises(KeyboardInterrupt):
            colorize_video(colorizer, source, target, report=stopped)
        if damage:
            (parts_folder(target) / "state.npz").write_bytes(b"PK\x03\x04 cut short")
        look = FilmLook() if damage else FilmLook(toning=Toning(warmth=1))
        colorize_video(colorizer, source, target, look=look)
        fresh = colorize_video(colorizer, source, tmp_path / f"fresh-{damage}.mp4", look=look)
        assert _digest(target) == _digest(Path(fresh.output))


def test_two_at_once_are_told(source: Path, colorizer: Colorizer, tmp_path: Path) -> None:
    folder = parts_folder(tmp_path / "out.mp4")
    folder.mkdir()
    with only_writer(folder), pytest.raises(ColorfilesError, match="is writing there"):
        colorize_video(colorizer, source, tmp_path / "out.mp4")


def test_a_link_in_place_of_the_parts_is_refused_and_not_followed(
    source: Path, colorizer: Colorizer, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "000000.npz").write_bytes(b"somebody's")
    target = tmp_path / "out.mp4"
    parts_folder(target).symlink_to(elsewhere)
    with pytest.raises(UnusableClip, match="is a link; delete it"):
        colorize_video(colorizer, source, target)
    assert [path.name for path in elsewhere.iterdir()] == ["000000.npz"]
    assert (elsewhere / "000000.npz").read_bytes() == b"somebody's"
