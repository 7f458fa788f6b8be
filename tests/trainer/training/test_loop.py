"""A fit learns, leaves a usable run, and goes on exactly where it was stopped."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from colorcore import annealed_mean, bins_to_uv, uv_to_bins, yuv_to_rgb
from colorcore.measures import bin_counts, colorfulness, distinct_colors
from colorunet.parameters.checkpoint import load_run
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.training.loop import FitOptions, fit

pytestmark = pytest.mark.slow

Make = Callable[..., Path]

TINY = Recipe.load("small").with_overrides(
    ["width=8", "depth=3", "epochs=3", "batch_size=4", "crop=0", "workers=0", "warmup_steps=2"]
)

DIVERGING = TINY.with_overrides(
    ["learning_rate=9", "clip_norm=0", "epochs=200", "warmup_steps=0", "precision=float32"]
).with_overrides(["weight_decay=2", "schedule=constant"])


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


def test_a_diverging_loss_stops_with_the_keys_of_its_batch(
    make_shards: Make, tmp_path: Path
) -> None:
    """Nothing is judged or saved before, so that no other check can speak first."""
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(4,)))
    recipe = DIVERGING.with_overrides(["every_epochs=1000"])
    with pytest.raises(TrainerError, match=r"^step \d+: the loss is (nan|inf) on the samples") as e:
        fit(shard_set, tmp_path / "run", recipe)
    keys = re.findall(r"demo-train0x(\d)-v0", str(e.value))
    assert sorted(keys) == ["0", "1", "2", "3"]
    assert "the last checkpoint is whole" in str(e.value)


def test_parameters_that_are_no_longer_numbers_are_never_saved(
    make_shards: Make, tmp_path: Path
) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(4,)))
    with pytest.raises(TrainerError):
        fit(shard_set, tmp_path / "run", DIVERGING)
    for name in ("last", "optim-last"):
        tensors = load_file(tmp_path / "run" / f"{name}.safetensors")
        assert all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values())


def test_too_many_bad_samples_stop_the_fit(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s", train=(4,))
    shard = folder / "train-000000.tar"
    data = bytearray(shard.read_bytes())
    for key in (b"demo-train0x1-v0.y.jpg", b"demo-train0x3-v0.y.jpg"):
        at = data.index(key) + 512
        data[at : at + 12] = b"not an image"
    shard.write_bytes(data)
    recipe = TINY.with_overrides(["epochs=1"])
    with pytest.raises(TrainerError, match=r"2 unusable samples, more than --skip-bad 1.*x\d-v0"):
        fit(ShardSet.open(folder), tmp_path / "a", recipe, options=FitOptions(skip_bad=1))
    summary = fit(ShardSet.open(folder), tmp_path / "b", recipe, options=FitOptions(skip_bad=2))
    assert summary.skipped == 2


def test_patience_ends_a_fit(make_shards: Make, tmp_path: Path) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s"))
    recipe = TINY.with_overrides(["patience=2", "epochs=9", "learning_rate=1e-12", "ema=0"])
    summary = fit(shard_set, tmp_path / "run", recipe)
    assert (summary.ended, summary.epoch) == ("patience", 3)


def test_the_newest_checkpoints_are_kept_as_many_as_asked_for(
    make_shards: Make, tmp_path: Path
) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(2,), size=32))
    for keep, names in ((2, ["0003", "0004"]), (3, ["0002", "0003", "0004"]), (9, None)):
        recipe = TINY.with_overrides([f"keep={keep}", "epochs=4", "val_samples=1"])
        fit(shard_set, tmp_path / f"run-{keep}", recipe)
        left = sorted(p.stem[6:] for p in (tmp_path / f"run-{keep}").glob("epoch-*.safetensors"))
        assert left == (names or ["0001", "0002", "0003", "0004"])
        assert left == sorted(p.stem[6:] for p in (tmp_path / f"run-{keep}").glob("epoch-*.json"))


def test_accumulating_micro_batches_gives_the_same_steps(make_shards: Make, tmp_path: Path) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(4, 3)))
    recipe = TINY.with_overrides(["precision=float32", "epochs=2"])
    fit(shard_set, tmp_path / "one", recipe)
    fit(shard_set, tmp_path / "two", recipe.with_overrides(["accumulate=2"]))
    one, two = (losses(tmp_path / name) for name in ("one", "two"))
    assert np.allclose(one, two, rtol=1e-4)


def losses(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def test_a_run_on_other_shards_isnt_resumed(
    make_shards: Make, trained_run: Any, tmp_path: Path
) -> None:
    run, first = trained_run.copy(tmp_path / "run"), trained_run.shards
    other = ShardSet.open(make_shards(tmp_path / "t", train=(2, 3), size=64))
    with pytest.raises(TrainerError, match=f"{first.fingerprint}, given {other.fingerprint}"):
        fit(other, run, trained_run.recipe, options=FitOptions(resume=True))


def test_an_existing_run_is_not_overwritten(trained_run: Any, tmp_path: Path) -> None:
    shard_set, recipe = trained_run.shards, trained_run.recipe
    run = trained_run.copy(tmp_path / "run")
    before = (run / "last.safetensors").read_bytes()
    other = recipe.with_overrides(["learning_rate=0.5", "seed=3"])
    with pytest.raises(TrainerError, match=r"seed: 0 there, 3 given; .*--resume continues it"):
        fit(shard_set, run, other)
    assert (run / "last.safetensors").read_bytes() == before
    fit(shard_set, run, other, options=FitOptions(overwrite=True))
    assert (run / "last.safetensors").read_bytes() != before


def test_a_fit_whose_patience_is_spent_ends_at_once_when_it_is_run_again(
    make_shards: Make, tmp_path: Path
) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s"))
    recipe = TINY.with_overrides(["epochs=40", "max_steps=0", "learning_rate=1e-9", "patience=1"])
    first = fit(shard_set, tmp_path / "run", recipe)
    again = fit(shard_set, tmp_path / "run", recipe)
    assert (first.ended, again.ended) == ("patience", "patience")
    assert first.step == again.step < first.total_steps


def test_a_kill_between_the_state_and_the_last_parameters_leaves_no_stale_ones(
    make_shards: Make, tmp_path: Path
) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s"))
    recipe = TINY.with_overrides(["max_steps=2"])
    fit(shard_set, tmp_path / "run", recipe)
    whole = (tmp_path / "run" / "last.safetensors").read_bytes()
    fit(shard_set, tmp_path / "stale", TINY.with_overrides(["max_steps=1"]))
    for name in ("last.safetensors", "last.json"):  # of a step before
        shutil.copy(tmp_path / "stale" / name, tmp_path / "run" / name)
    fit(shard_set, tmp_path / "run", recipe)
    assert (tmp_path / "run" / "last.safetensors").read_bytes() == whole


def test_a_run_that_started_from_other_parameters_is_not_gone_on_with(
    trained_run: Any, tmp_path: Path
) -> None:
    shard_set, recipe = trained_run.shards, trained_run.recipe
    fit(shard_set, tmp_path / "b", recipe.with_overrides(["seed=2"]))
    one, other = (FitOptions(init=load_run(run)) for run in (trained_run.folder, tmp_path / "b"))
    fit(shard_set, tmp_path / "run", recipe, options=one)
    fit(shard_set, tmp_path / "run", recipe, options=one)
    with pytest.raises(TrainerError, match="--init: the run started from other parameters"):
        fit(shard_set, tmp_path / "run", recipe, options=other)


def test_eight_real_photographs_are_memorized_in_their_colours(
    make_shards: Make, tmp_path: Path
) -> None:
    """If this can't be done, something between shards and decoding is broken."""
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(8,), val=(), size=64))
    recipe = (
        Recipe.load("small")
        .with_overrides(
            ["epochs=100", "batch_size=8", "crop=0", "flip=false", "workers=0", "threads=1"]
        )
        .with_overrides(["width=16", "ema=0", "warmup_steps=10", "learning_rate=3e-3", "soft_k=1"])
    )
    fit(shard_set, tmp_path / "run", recipe)
    trained = load_run(tmp_path / "run", "last")
    ratios, behind = [], []
    for sample in shard_set.samples("train"):
        luma = torch.from_numpy(sample.luma.copy())[None, None] / 255
        logits = trained.network(luma)[0].permute(1, 2, 0)
        uv = annealed_mean(logits, trained.palette, 0.38).double().numpy()
        ceiling = bins_to_uv(sample.bins, trained.palette)
        assert sample.rgb is not None
        y = sample.luma[..., None] / 255.0
        predicted = yuv_to_rgb(np.concatenate((y, uv), -1))
        ratios.append(colorfulness(predicted) / colorfulness(sample.rgb / 255.0))
        n = trained.palette.n
        counts = bin_counts(uv_to_bins(uv, trained.palette), n)
        possible = bin_counts(uv_to_bins(ceiling, trained.palette), n)
        behind.append(distinct_colors(possible) - distinct_colors(counts))
    assert np.median(ratios) >= 0.8
    assert np.median(behind) <= 1
