"""Bounds on how far the argument of a command travels, measured by tools/route.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from route import Route, Step, route_of_colorize, route_of_fit

Make = Callable[..., Path]


@pytest.mark.slow
def test_a_fit_hands_its_shard_set_through_few_functions(make_shards: Make, tmp_path: Path) -> None:
    route = route_of_fit(make_shards(tmp_path / "s", train=(4, 4)), tmp_path / "run")
    names = [(step.module, step.function) for step in route.steps]
    assert ("trainer/training/loop.py", "fit") in names
    assert ("trainer/data/loader.py", "_Read._batch") in names
    assert len(route.steps) <= 30, str(route)
    assert len(route.returns) <= 12, str(route)
    assert route.climbs == [], str(route)


def test_colorize_hands_a_path_on_with_at_most_ten_returns_and_no_climb(
    demo_photos: Path, tmp_path: Path
) -> None:
    route = route_of_colorize(demo_photos / "skimage" / "chelsea.png", tmp_path / "out")
    names = [(step.module, step.function) for step in route.steps]
    assert ("colorunet/batch/images.py", "read_gray") in names
    assert ("colorunet/batch/pipeline.py", "_write") in names
    assert len(route.returns) <= 10, str(route)
    assert route.climbs == [], str(route)


@pytest.mark.slow
def test_colorize_hands_a_clip_on_with_at_most_ten_returns_and_no_climb(tmp_path: Path) -> None:
    clips = pytest.importorskip("clip_files")  # needs the extra "video"
    frames = [np.full((64, 96), 60 + 20 * number, np.uint8) for number in range(3)]
    clip = clips.write_clip(tmp_path / "clip.mp4", frames, clips.ClipSettings())
    route = route_of_colorize(clip, tmp_path / "out")
    names = [(step.module, step.function) for step in route.steps]
    assert ("colorunet/video/film.py", "colorize_video") in names
    assert ("colorunet/batch/pipeline.py", "_write") in names
    assert len(route.returns) <= 10, str(route)
    assert route.climbs == [], str(route)


def test_a_step_into_a_module_that_was_left_is_a_return_and_one_into_a_higher_room_a_climb() -> (
    None
):
    loop, data = "trainer/training/loop.py", "trainer/data/loader.py"
    core = "colorcore/bins.py"
    steps = (
        Step(loop, "fit", ""),
        Step(data, "batches", loop),
        Step(core, "nearest", data),
        Step(data, "crop", data),
        Step(loop, "callback", data),
        Step(loop, "next", loop),
    )
    route = Route(steps)
    assert [step.function for step in route.returns] == ["crop", "callback"]
    assert [step.function for step in route.climbs] == ["callback"]
    assert route.modules == {loop, data, core}
