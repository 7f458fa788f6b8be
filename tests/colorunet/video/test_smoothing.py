"""Colours follow what moves, begin anew at cuts, and flicker far less than frame by frame."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from film_of_photos import FilmFrame, Wear
from PIL import Image

from colorunet.video.flicker import Flicker
from colorunet.video.motion import MotionFinder
from colorunet.video.smoothing import Along, Smoother, SmoothingSettings

GRID = (16, 28)
SIZE = (224, 128)


def _luma(frames: Sequence[FilmFrame]) -> list[np.ndarray]:
    return [np.asarray(Image.fromarray(frame.rgb).convert("L")) for frame in frames]


@pytest.fixture(scope="module")
def worn(film: Callable[..., list[FilmFrame]]) -> list[FilmFrame]:
    return film(8, 8, 8, size=SIZE, wear=Wear(grain=6, judder=0.003, exposure=0.04))


def test_cuts_are_found_and_nothing_else_is_one(worn: list[FilmFrame]) -> None:
    finder, luma = MotionFinder(GRID), _luma(worn)
    cuts = [t for t in range(1, 24) if finder.between(luma[t - 1], luma[t]).cut]
    assert cuts == [8, 16]


def test_black_frames_and_grain_alone_are_no_cuts() -> None:
    rng = np.random.default_rng(0)
    finder = MotionFinder(GRID)
    black = [np.clip(rng.normal(12, 5, SIZE[::-1]), 0, 255).astype(np.uint8) for _ in range(6)]
    assert not any(finder.between(a, b).cut for a, b in pairwise(black))


def test_motion_is_that_of_the_camera(film: Callable[..., list[FilmFrame]]) -> None:
    frames = film(6, size=SIZE, wear=Wear(grain=3))
    luma = _luma(frames)
    motion = MotionFinder(GRID).between(luma[2], luma[3])
    known = frames[3].places_in(frames[2])
    step = SIZE[0] / GRID[1]
    centers = (np.arange(GRID[1]) + 0.5) * step - 0.5
    wanted = np.interp(centers, np.arange(SIZE[0]), known[0, :, 0])
    found = (motion.x + 0.5) * step - 0.5
    inner = np.s_[2:-2, 3:-3]
    assert np.abs(found - wanted[None])[inner].mean() < 0.5  # pixels, of a move of several
    assert np.abs(wanted - centers).mean() > 1.5


def _smoothed(
    luma: list[np.ndarray], logits: list[np.ndarray], along: Along, every: int = 1
) -> tuple[list[np.ndarray], Flicker]:
    settings = SmoothingSettings(along, every=every)
    smoother, flicker, before = Smoother(GRID, settings), Flicker(), None
    found = []
    for seen, alone in zip(luma, logits, strict=True):
        motion = smoother.look(seen)
        mean = smoother.next(alone if smoother.wants_logits else None)
        if before is not None and motion is not None:
            flicker.add(before[..., :2], mean[..., :2], motion)
        before = mean
        found.append(mean)
    return found, flicker


def test_noise_in_the_logits_is_averaged_away_and_the_first_frame_after_a_cut_stands_alone(
    worn: list[FilmFrame],
) -> None:
    rng = np.random.default_rng(1)
    luma = _luma(worn)
    logits = [rng.normal(frame.shot, 1, (*GRID, 40)).astype(np.float32) for frame in worn]
    moving, little = _smoothed(luma, logits, "motion")
    _, much = _smoothed(luma, logits, "nothing")
    assert little.mean < much.mean / 3
    for first in (0, 8, 16):
        assert np.array_equal(moving[first], logits[first])
    assert abs(moving[15].mean() - 1) < 0.05
    assert moving[15].std() < logits[15].std() / 2


def test_what_comes_into_sight_begins_anew() -> None:
    """A bright square moves over a dark ground: what it uncovers hasn't its colours."""
    rng = np.random.default_rng(2)
    ground = rng.integers(20, 60, SIZE[::-1]).astype(np.uint8)
    square = rng.integers(180, 240, (48, 48)).astype(np.uint8)
    luma, logits = [], []
    for step in range(8):
        frame, labels = ground.copy(), np.zeros((*GRID, 1), np.float32)
        left = 16 + 16 * step
        frame[40:88, left : left + 48] = square
        labels[5:11, left // 8 : left // 8 + 6] = 1
        luma.append(frame)
        logits.append(labels)
    found, _ = _smoothed(luma, logits, "motion")
    apart = np.abs(found[-1] - logits[-1])[..., 0]
    assert apart.mean() < 0.03
    assert apart[5:11, 2:8].max() < 0.2  # where the square was at first


def test_a_state_goes_on_where_it_was(worn: list[FilmFrame]) -> None:
    rng = np.random.default_rng(3)
    luma = _luma(worn)
    logits = [rng.normal(0, 1, (*GRID, 5)).astype(np.float32) for _ in worn]
    whole, _ = _smoothed(luma, logits, "motion", every=2)
    first = Smoother(GRID, SmoothingSettings())
    for t in range(5):
        first.look(luma[t])
        first.next(logits[t] if first.wants_logits else None)
    second = Smoother(GRID, SmoothingSettings())
    second.restore(first.state())
    second.look(luma[5])
    assert np.array_equal(second.next(logits[5] if second.wants_logits else None), whole[5])


def test_any_number_of_bins_is_carried() -> None:
    rng = np.random.default_rng(4)
    luma = rng.integers(0, 255, SIZE[::-1]).astype(np.uint8)
    motion = MotionFinder(GRID).between(luma, luma)
    for bins in (1, 2, 5, 255):
        logits = rng.random((*GRID, bins)).astype(np.float32)
        assert np.abs(motion.carried(logits) - logits).max() < 0.1


def test_the_network_sees_every_third_frame_and_each_that_begins_a_shot(
    worn: list[FilmFrame],
) -> None:
    smoother = Smoother(GRID, SmoothingSettings(every=3))
    asked = []
    for number, seen in enumerate(_luma(worn)):
        smoother.look(seen)
        if smoother.wants_logits:
            asked.append(number)
        logits = np.full((*GRID, 2), number, np.float32) if smoother.wants_logits else None
        smoother.next(logits)
    assert asked == [0, 3, 6, 8, 11, 14, 16, 19, 22]
