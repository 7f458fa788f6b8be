"""Reference frames and hints of a film: from their time to the next cut, wherever things move."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from clip_files import ClipSettings, decoded, write_clip
from film_of_photos import FilmFrame
from PIL import Image

from colorcore import rgb_to_yuv
from colorunet import ColorunetError, Hint
from colorunet.cli import app
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.timed import ReferenceFrame, Timed, TimedHint, seconds_of
from colorunet.video import film as story
from colorunet.video.film import colorize_video
from colorunet.video.painting import FilmLook

Films = Callable[..., list[FilmFrame]]
FIRST, SECOND = 8, 8  # frames of the two shots
_LOSSLESS = ClipSettings(codec="ffv1", options={"level": "3"})


@pytest.fixture(scope="module")
def frames(film: Films) -> list[FilmFrame]:
    return film(FIRST, SECOND, size=(192, 128))


@pytest.fixture
def source(frames: list[FilmFrame], tmp_path: Path) -> Path:
    luma = []
    for frame in frames:
        gray = np.asarray(Image.fromarray(frame.rgb).convert("L"), np.float32)
        luma.append(np.rint(16 + gray * 219 / 255).astype(np.uint8))
    return write_clip(tmp_path / "a.mkv", luma, _LOSSLESS)


@pytest.fixture
def colored(colorizer: Colorizer, source: Path, tmp_path: Path) -> Callable[..., np.ndarray]:
    """Returns a function that gives U and V of all frames, (T, H, W, 2), and the notes."""

    def color(*items: ReferenceFrame | TimedHint) -> tuple[np.ndarray, tuple[str, ...]]:
        timed = Timed(
            tuple(one for one in items if isinstance(one, ReferenceFrame)),
            tuple(one for one in items if isinstance(one, TimedHint)),
        )
        path = tmp_path / "out.mkv"
        told = colorize_video(colorizer, source, path, look=FilmLook(timed=timed))
        return _uv(decoded(path).rgb()), told.notes

    return color


def _uv(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(rgb_to_yuv(rgb.astype(np.float32) / 255)[..., 1:])


def _errors(uv: np.ndarray, frames: list[FilmFrame]) -> np.ndarray:
    truth = _uv(np.stack([frame.clean for frame in frames]))
    return np.asarray(np.linalg.norm(uv - truth, axis=-1).mean(axis=(1, 2)))


def _frame(frame: FilmFrame, time_s: float | None) -> ReferenceFrame:
    return ReferenceFrame.of(Image.fromarray(frame.clean), name="f.png", time_s=time_s)


def test_a_reference_frame_colours_its_shot_up_to_the_cut_and_no_other(
    colored: Callable[..., Any], frames: list[FilmFrame]
) -> None:
    plain, _ = colored()
    guided, notes = colored(_frame(frames[0], 0.0))
    before, after = _errors(plain, frames), _errors(guided, frames)
    assert (after[:FIRST] < 0.6 * before[:FIRST]).all()
    assert np.array_equal(plain[FIRST:], guided[FIRST:])
    assert not any("another picture" in note for note in notes)


def test_several_reference_frames_each_hold_from_their_time(
    colored: Callable[..., Any], frames: list[FilmFrame]
) -> None:
    """The second one begins two frames behind the cut: what comes before it stays."""
    late = (FIRST + 2) / 25
    plain, _ = colored()
    guided, _ = colored(_frame(frames[FIRST + 2], late), _frame(frames[0], 0.0))
    before, after = _errors(plain, frames), _errors(guided, frames)
    assert (after[:FIRST] < 0.6 * before[:FIRST]).all()
    assert np.array_equal(plain[FIRST : FIRST + 2], guided[FIRST : FIRST + 2])
    assert (after[FIRST + 2 :] < 0.7 * before[FIRST + 2 :]).all()


def test_a_reference_without_a_time_gives_its_palette_to_every_shot(
    colored: Callable[..., Any], frames: list[FilmFrame]
) -> None:
    blue = Image.new("RGB", (64, 64), (40, 60, 200))
    guided, _ = colored(ReferenceFrame.of(blue, name="blue.png"))
    plain, _ = colored()
    for shot in (slice(0, FIRST), slice(FIRST, None)):
        assert guided[shot, ..., 0].mean() > plain[shot, ..., 0].mean() + 0.02


def test_a_reference_of_another_picture_is_taken_as_a_palette_and_that_is_said(
    colored: Callable[..., Any], frames: list[FilmFrame]
) -> None:
    _, notes = colored(_frame(frames[-1], 0.0))
    assert any("another picture" in note for note in notes)


def test_a_hint_at_a_time_holds_where_its_thing_goes_until_the_cut(
    colored: Callable[..., Any], frames: list[FilmFrame]
) -> None:
    start = 2
    places = [frames[start].places_in(frame) for frame in frames[:FIRST]]
    plain, _ = colored()
    guided, _ = colored(TimedHint(Hint(100, 68, "#6a80d0"), start / 25))
    assert np.array_equal(plain[:start], guided[:start])
    assert np.array_equal(plain[FIRST:], guided[FIRST:])
    wanted = Hint(100, 68, "#6a80d0").uv
    for number in range(start, FIRST):
        x, y = np.rint(places[number][68, 100]).astype(int)
        before, after = (np.linalg.norm(uv[number, y, x] - wanted) for uv in (plain, guided))
        assert after < 0.7 * before, number  # a cell of the logits is eight pixels wide


def test_a_hint_outside_the_film_is_refused_before_it_is_coloured(
    colored: Callable[..., Any],
) -> None:
    with pytest.raises(ColorunetError, match="outside the image of 192 × 128"):
        colored(TimedHint(Hint(200, 10, "#2040ff"), 0.0))


def test_what_lies_behind_the_end_is_said(
    colored: Callable[..., Any], frames: list[FilmFrame]
) -> None:
    _, notes = colored(_frame(frames[0], 75.5), TimedHint(Hint(1, 1, "#2040ff"), 99.0))
    assert "f.png at 75.5 s is after the film's end" in notes
    assert "a hint at 99 s is after the film's end" in notes


def test_a_guided_film_that_was_stopped_goes_on_to_the_same_bytes(
    colorizer: Colorizer,
    source: Path,
    frames: list[FilmFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(story, "STRETCH_FRAMES", 3)
    look = FilmLook(
        timed=Timed(
            (_frame(frames[-1], 0.04), _frame(frames[FIRST], FIRST / 25)),
            (TimedHint(Hint(20, 20, "#ff2020")),),
        )
    )
    whole = colorize_video(colorizer, source, tmp_path / "whole.mkv", look=look)
    seen = 0

    def stopped(advance: int = 1, *, note: str | None = None) -> None:
        nonlocal seen
        seen += advance
        if seen == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        colorize_video(colorizer, source, tmp_path / "part.mkv", look=look, report=stopped)
    resumed = colorize_video(colorizer, source, tmp_path / "part.mkv", look=look)
    assert (tmp_path / "part.mkv").read_bytes() == (tmp_path / "whole.mkv").read_bytes()
    assert resumed.notes == whole.notes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12.5", 12.5), ("1:02.5", 62.5), ("1:02:03", 3723.0), ("0", 0.0), ("100:00", 6000.0)],
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1:2:3:4", "nan", "1e3", "1:", "१२"])
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time"):
        seconds_of(text)


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--working-edge", "64"])


def test_the_command_takes_several_frames_and_hints_with_times(
    source: Path, frames: list[FilmFrame], tmp_path: Path
) -> None:
    Image.fromarray(frames[0].clean).save(tmp_path / "one.png")
    Image.fromarray(frames[FIRST].clean).save(tmp_path / "two@0.png")
    hints = [{"x": 10, "y": 10, "color": "#2040ff", "time": "0:00.2"}]
    (tmp_path / "hints.json").write_text(json.dumps(hints))
    done = _run(
        source, "-o", tmp_path / "out", "--json", "--hints", tmp_path / "hints.json",
        "--reference", f"{tmp_path / 'one.png'}@0",
        "--reference", f"{tmp_path / 'two@0.png'}@0:00.32",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    (image,) = json.loads(done.stdout)["images"]
    assert image["pages"] == FIRST + SECOND
    assert not any("another picture" in note for note in image["notes"])


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("missing.png@3", "no such file"),
        ("one.png@soon", "expected a time"),
        ("one.png@3", "is for clips"),
    ],
)
def test_a_reference_that_cant_be_used_is_wrong_usage(
    reference: str, words: str, frames: list[FilmFrame], tmp_path: Path
) -> None:
    photo = tmp_path / "one.png"
    Image.fromarray(frames[0].clean).save(photo)
    done = _run(photo, "-o", tmp_path / "out", "--reference", tmp_path / reference)
    assert done.exit_code == 2
    assert words in done.stderr
