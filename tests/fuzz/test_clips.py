"""Damaged films: each is coloured as far as it goes, or said to be none; no decoder hangs."""

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest
from clip_files import ClipSettings, decoded, write_clip
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("av")

from colorcore import Palette
from colorunet.coloring.colorizer import Colorizer
from colorunet.errors import UnusableImage
from colorunet.video.film import colorize_video
from colorunet.video.opening import is_whole_clip, opened_clip
from colorunet.video.parts import Parts, parts_folder
from colorunet.video.reading import UnusableClip

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
fuzz_slow = settings(fuzz, max_examples=max(5, fuzz.max_examples // 8))
_CODECS = {".mp4": "libx264", ".mkv": "libx264", ".avi": "mpeg4", ".webm": "libvpx-vp9"}


class _Steady:
    """Gives the same logits for every picture, so that reading and writing are what takes time."""

    def logits(self, luma: np.ndarray, averaging: object) -> np.ndarray:
        return np.tile(np.float32([0, 2, 1]), (*luma.shape, 1))

    coarse_logits = logits


@pytest.fixture(scope="module")
def steady() -> Colorizer:
    centers = np.array([[0.0, 0.0], [0.1, -0.1], [-0.1, 0.1]])
    palette = Palette(centers=centers, prior=np.full(3, 1 / 3))
    return Colorizer(_Steady(), palette, working_edge_px=32)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    frames = [rng.integers(16, 235, (32, 48), dtype=np.uint8) for _ in range(5)]
    made = {}
    for suffix, codec in _CODECS.items():
        how = ClipSettings(codec=codec, options={}, sound=0.1 if suffix == ".mp4" else 0)
        made[suffix] = write_clip(folder / f"a{suffix}", frames, how).read_bytes()
    return made


@pytest.mark.parametrize("suffix", _CODECS)
@fuzz
@given(data=st.data())
def test_clips(suffix: str, data: st.DataObject, clips: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data.draw(damaged(clips[suffix])))
    is_whole_clip(path)
    with contextlib.suppress(UnusableClip), opened_clip(path) as reader:
        for number, timed in enumerate(reader.frames()):
            assert timed.frame.width > 0
            assert number < 1_000


@pytest.mark.parametrize("suffix", _CODECS)
@fuzz_slow
@given(data=st.data())
def test_coloured_writing_of_clips(
    suffix: str, data: st.DataObject, clips: dict[str, bytes], tmp_path: Path, steady: Colorizer
) -> None:
    """A damaged clip becomes a film that can be read, frame for frame, or is refused in words."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data.draw(damaged(clips[suffix])))
    target = tmp_path / data.draw(st.sampled_from(["out.mkv", "out.mp4", "out.ts"]))
    film, reason = None, ""
    try:
        film = colorize_video(steady, path, target)
    except UnusableClip as error:
        reason = str(error)
    if film is None:
        assert reason
        assert "\n" not in reason
        assert not parts_folder(target).exists()
        return
    assert is_whole_clip(target)
    assert len(decoded(target).frames) == film.frames
    target.unlink()


@fuzz
@given(data=st.data())
def test_parts_of_films(data: st.DataObject, tmp_path: Path) -> None:
    from colorunet.video.encoding import Stretch

    folder = tmp_path / "parts"
    parts = Parts(folder, {"a": 1})
    arrays = {
        "data": np.zeros(4, np.uint8), "sizes": np.array([4]), "pts": np.array([0]),
        "durations": np.array([1]), "keys": np.array([True]),
    }  # fmt: skip
    parts.add(Stretch(**arrays), {"frames": np.array(1)})
    name = data.draw(st.sampled_from(["000000.npz", "state.npz", "plan.json"]))
    path = folder / name
    path.write_bytes(data.draw(st.binary() | damaged(path.read_bytes())))
    with contextlib.suppress(UnusableImage):
        list(Parts(folder, {"a": 1}).packets())
    if folder.exists():
        parts.discard()
