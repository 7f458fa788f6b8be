"""A fit learns, leaves a usable run, and goes on exactly where it was stopped."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from trainer.checkpoint import load_run
from trainer.errors import TrainerError
from trainer.fit import FitOptions, fit
from trainer.recipe import Recipe
from trainer.shard_set import ShardSet

Make = Callable[..., Path]

TINY = Recipe.load("small").with_overrides(
    ["width=8", "depth=3", "epochs=3", "batch_size=4", "crop=0", "workers=0", "warmup_steps=2"]
)


def test_a_fit_leaves_a_run_that_predicts(make_shards: Make, tmp_path: Path) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(4, 3)))
    summary = fit(shard_set, tmp_path / "run", TINY)
    assert summary.ended == "done"
    assert (summary.step, summary.epoch, summary.samples) == (6, 3, 7)
    trained = load_run(tmp_path / "run", "last")
    assert trained.palette == shard_set.palette
    assert trained.network(torch.rand(1, 1, 20, 30)).shape == (1, shard_set.palette.n, 20, 30)
    text = (tmp_path / "run" / "metrics.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4, 5, 6]
    assert [line["epoch"] for line in lines if "val_loss" in line] == [1, 2, 3]
    assert load_run(tmp_path / "run").meta["best_step"] == summary.best_step


def test_an_existing_run_is_not_overwritten(make_shards: Make, tmp_path: Path) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s"))
    recipe = TINY.with_overrides(["max_steps=1"])
    fit(shard_set, tmp_path / "run", recipe)
    with pytest.raises(TrainerError, match="--resume goes on with it"):
        fit(shard_set, tmp_path / "run", recipe)
    fit(shard_set, tmp_path / "run", recipe, options=FitOptions(overwrite=True))
