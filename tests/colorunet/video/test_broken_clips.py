"""Broken, truncated, empty and odd clips: one clear reason, or what is whole with a note."""

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from clip_files import ClipSettings, decoded, write_clip

from colorunet.coloring.colorizer import Colorizer
from colorunet.video.film import colorize_video
from colorunet.video.opening import is_whole_clip
from colorunet.video.parts import parts_folder
from colorunet.video.reading import UnusableClip

Grays = Callable[..., list[np.ndarray]]
FAST_START = {"crf": "12", "preset": "ultrafast", "g": "4"}


def _sound_only(path: Path) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=44_100)
        silence = np.zeros((2, 4096), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, "fltp", "stereo")
        frame.sample_rate = 44_100
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.mp4", b"", "an empty file"),
        ("noise.mp4", bytes(range(256)) * 40, "can't be read"),
        ("start.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "can't be read"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n", "can't be"),
        ("concat.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "can't be read"),
    ],
)
def test_what_is_no_clip_is_refused_in_one_line(
    name: str, data: bytes, reason: str, colorizer: Colorizer, tmp_path: Path
) -> None:
    source = _written(tmp_path / name, data)
    with pytest.raises(UnusableClip, match=reason) as refused:
        colorize_video(colorizer, source, tmp_path / "out.mp4")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out.mp4").exists()
    assert not parts_folder(tmp_path / "out.mp4").exists()


def test_sound_without_pictures_is_said(colorizer: Colorizer, tmp_path: Path) -> None:
    source = _sound_only(tmp_path / "a.mp4")
    with pytest.raises(UnusableClip, match="sound without pictures"):
        colorize_video(colorizer, source, tmp_path / "out.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_of_a_clip_cut_short_what_is_whole_is_coloured_and_the_rest_told(
    name: str, colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    source = write_clip(
        tmp_path / f"plain-{name}", gray_film(12, 12), ClipSettings(options=FAST_START)
    )
    whole = colorize_video(colorizer, source, tmp_path / f"whole-{name}")  # its index is in front
    assert (whole.frames, whole.lost) == (24, 0)
    assert is_whole_clip(tmp_path / f"whole-{name}")
    data = (tmp_path / f"whole-{name}").read_bytes()
    cut = _written(tmp_path / f"cut-{name}", data[: len(data) * 6 // 10])
    if not name.endswith("ts"):  # which promises no length
        assert not is_whole_clip(cut)
    told = colorize_video(colorizer, cut, tmp_path / f"out-{name}")
    assert 5 < told.frames < 24
    if not name.endswith("ts"):
        assert told.lost
        assert any("ends early" in note or "damaged" in note for note in told.notes)
    assert len(decoded(tmp_path / f"out-{name}").frames) == told.frames


def test_damaged_frames_are_counted_and_said(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "a.mkv", gray_film(20), ClipSettings(options=FAST_START))
    data = bytearray(source.read_bytes())
    for at in (0.3, 0.5, 0.7):
        start = int(len(data) * at)
        data[start : start + 400] = np.random.default_rng(5).bytes(400)
    told = colorize_video(colorizer, _written(tmp_path / "b.mkv", bytes(data)), tmp_path / "o.mkv")
    assert told.lost
    assert any("damaged" in note or "ends early" in note for note in told.notes)
    assert len(decoded(tmp_path / "o.mkv").frames) == told.frames


def test_frames_of_another_size_are_scaled_and_said(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    """Two transport streams, one after the other: such a file may change its size."""
    settings = ClipSettings(options={"preset": "ultrafast", "bf": "0", "g": "4"})
    first = write_clip(tmp_path / "1.ts", gray_film(6), settings)
    times = list(range(6, 12))
    later = ClipSettings(options=settings.options, times=times)
    second = write_clip(tmp_path / "2.ts", gray_film(6, size=(64, 48)), later)
    with (tmp_path / "both.ts").open("wb") as both:
        for part in (first, second):
            with part.open("rb") as file:
                shutil.copyfileobj(file, both)
    told = colorize_video(colorizer, tmp_path / "both.ts", tmp_path / "out.mp4")
    assert told.frames > 8
    assert any("64 x 48" in note and "scaled" in note for note in told.notes)
    after = decoded(tmp_path / "out.mp4")
    assert {(frame.width, frame.height) for frame in after.frames} == {(96, 64)}
    assert after.times == sorted(set(after.times))


def test_a_folder_that_cant_be_written_is_named(
    colorizer: Colorizer, gray_film: Grays, tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "a.mp4", gray_film(3), ClipSettings())
    (tmp_path / "no-folder").write_text("a file")
    with pytest.raises(OSError, match="no-folder"):
        colorize_video(colorizer, source, tmp_path / "no-folder" / "out.mp4")
