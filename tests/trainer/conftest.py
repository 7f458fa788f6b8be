"""Fixtures of the trainer's tests: one small run that is trained once in each test process."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.training.loop import fit

_SETTINGS = (
    *("width=8", "depth=3", "max_steps=2", "batch_size=2", "crop=32"),
    *("ema=0", "workers=0", "warmup_steps=1"),
)


@dataclass(frozen=True)
class TrainedRun:
    """A run of two steps and what it was trained with. Tests read it, or change a copy."""

    shards: ShardSet
    recipe: Recipe
    folder: Path

    def copy(self, target: Path) -> Path:
        """Return a copy that a test may change."""
        return Path(shutil.copytree(self.folder, target))


@pytest.fixture(scope="session")
def trained_run(
    make_shards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> TrainedRun:
    """The run that tests of starting, resuming and replacing share."""
    root = tmp_path_factory.mktemp("trained")
    shards = ShardSet.open(make_shards(root / "shards", train=(4,), size=64))
    recipe = Recipe.load("small").with_overrides(_SETTINGS)
    fit(shards, root / "run", recipe)
    return TrainedRun(shards, recipe, root / "run")
