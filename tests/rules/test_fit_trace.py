"""How far the shard set travels through a fit: few functions, each module read once or twice."""

import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from trainer.cli.fit import command
from trainer.data.shard_set import ShardSet

pytestmark = pytest.mark.slow

Make = Callable[..., Path]
PACKAGES = Path(__file__).parents[2] / "packages"
MOST_FUNCTIONS = 30
MOST_RETURNS = 12
SETTINGS = "width=8 depth=3 epochs=2 batch_size=4 crop=16 workers=0 threads=1"


def test_a_fit_hands_its_shard_set_through_few_functions(make_shards: Make, tmp_path: Path) -> None:
    """Follow the shard set through `trainer fit`, by what is called in a real one.

    A function of packages/ is on the way if it is given the shard set itself, or an object of ours
    that holds it, however deep; as an argument, as ``self``, or as ``cls``. It counts once, where
    it is first called. A return is a step from one such function to the next that leads into a
    module that was left before: there, a reader has to turn back to a file.
    """
    shards = make_shards(tmp_path / "s", train=(4, 4))
    way = _first_calls(lambda: _fit(shards, tmp_path / "run"))
    modules = [module for module, _ in way]
    returns, left = [], set()
    for (here, there), (_, function) in zip(pairwise(modules), way[1:], strict=True):
        if here != there:
            left.add(here)
            if there in left:
                returns.append(f"{there}: {function}")
    assert ("trainer/training/loop.py", "fit") in way
    assert ("trainer/data/loader.py", "_Read._batch") in way
    assert len(way) <= MOST_FUNCTIONS, way
    assert len(returns) <= MOST_RETURNS, returns


def _fit(shards: Path, out: Path) -> None:
    settings = [word for key in SETTINGS.split() for word in ("--set", key)]
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        command.main([str(shards), "--out", str(out), *settings], standalone_mode=False)


def _first_calls(run: Callable[[], None]) -> list[tuple[str, str]]:
    """Return module and name of each function on the way, in the order of their first calls."""
    calls: dict[tuple[str, str], None] = {}

    def watch(frame: FrameType, event: str, given: Any) -> None:
        code = frame.f_code
        path = Path(code.co_filename)
        if event != "call" or not path.is_relative_to(PACKAGES) or "<" in code.co_name:
            return
        call = (path.relative_to(PACKAGES).as_posix(), code.co_qualname)
        count = code.co_argcount + code.co_kwonlyargcount
        if call not in calls and any(
            _holds_shard_set(frame.f_locals.get(name)) for name in code.co_varnames[:count]
        ):
            calls[call] = None

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(before)
    return list(calls)


def _holds_shard_set(value: Any, seen: frozenset[int] = frozenset()) -> bool:
    if value is ShardSet or isinstance(value, ShardSet):
        return True
    if id(value) in seen or not type(value).__module__.startswith(("trainer", "colorunet")):
        return False
    held = getattr(value, "__dict__", {}).values()
    return any(_holds_shard_set(part, seen | {id(value)}) for part in held)
