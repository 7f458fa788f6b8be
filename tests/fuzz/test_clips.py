"""Damaged films: each is coloured as far as it goes, or said to be none; no decoder hangs."""

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest
from clip_files import ClipSettings, write_clip
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("av")

from colorunet.batch.images import UnusableImage
from colorunet.video.parts import Parts
from colorunet.video.reading import UnusableClip, is_whole_clip, opened_clip

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_CODECS = {".mp4": "libx264", ".mkv": "libx264", ".avi": "mpeg4", ".webm": "libvpx-vp9"}


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
