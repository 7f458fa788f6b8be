"""Each cause is found in a run that was broken by it, and in no whole one."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from colorcore import Palette, UvGrid, UvHistogram, grid_palette, kmeans_palette, uv_of_uint8
from colorunet.coloring.options import PredictionOptions
from colorunet.networks import build_network
from colorunet.parameters.checkpoint import save_parameters
from trainer.cli import app
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.diagnosis import CAUSES, Diagnosis, diagnose, diagnosis_text
from trainer.evaluation.result import EvaluationSettings
from trainer.training.losses import Targets

pytestmark = pytest.mark.slow

SIZE = 32
Crops = Callable[[int, int], list[np.ndarray]]
Batch = tuple[torch.Tensor, torch.Tensor]  # luma (b, 1, h, w) in [0, 1], bins (b, h, w)
Break = Callable[[Batch, torch.Generator], Batch]


def _histogram(crops: Crops, grid: UvGrid | None = None) -> UvHistogram:
    histogram = UvHistogram.empty(grid)
    for rgb in crops(8, SIZE):
        histogram = histogram.add(uv_of_uint8(rgb))
    return histogram


@pytest.fixture(scope="module")
def good_shards(
    crops: Crops, make_shards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> ShardSet:
    palette = kmeans_palette(_histogram(crops), 24)
    folder = tmp_path_factory.mktemp("good")
    return ShardSet.open(make_shards(folder, train=(8,), val=(4,), size=SIZE, palette=palette))


@pytest.fixture(scope="module")
def whole_run(good_shards: ShardSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    return train(good_shards, folder / "run", small_recipe(), steps=140)


@pytest.fixture(scope="module")
def half_sure_run(good_shards: ShardSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("half-sure")
    return train(good_shards, folder / "run", small_recipe(lam=0.05), steps=50)


def small_recipe(**changes: Any) -> Recipe:
    """A network that memorizes a handful of crops within a few hundred steps."""
    network = {"architecture": "unet", "width": 16, "depth": 3, "stem": 2, "logits_stride": 2}
    loss = {"lam": changes.pop("lam", 0.5)}
    return Recipe.from_dict({"network": network | changes, "loss": loss, "batch_size": 8})


def train(
    shards: ShardSet,
    run: Path,
    recipe: Recipe,
    *,
    steps: int,
    broken: Break | None = None,
    weighted: bool = True,
    split: str = "train",
) -> Path:
    """Train on the first eight samples, saving what was trained as a run."""
    samples = list(islice(shards.samples(split), 8))
    luma = torch.from_numpy(np.stack([s.luma for s in samples])).float()[:, None] / 255
    bins = torch.from_numpy(np.stack([s.bins for s in samples])).long()
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = build_network(recipe.network, bins=shards.palette.n, size=shards.size)
    rows = Targets.of(shards.palette, recipe.loss, torch.device("cpu")).rows
    weights = rows[: shards.palette.n].sum(dim=1) if weighted else None
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(steps):
        batch = (luma, bins) if broken is None else broken((luma, bins), generator)
        loss = torch.nn.functional.cross_entropy(network(batch[0]), batch[1], weight=weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
    run.mkdir(parents=True)
    meta = {"palette": shards.palette.to_dict(), "recipe": recipe.to_dict(), "size": shards.size}
    for name in ("best", "last"):
        save_parameters(run, name, network.state_dict(), meta | {"step": steps})
    return run


def pixels_shuffled(batch: Batch, generator: torch.Generator) -> Batch:
    """The bins say nothing of the luma any more: only how often each comes is left to learn."""
    luma, bins = batch
    order = torch.randperm(bins.numel(), generator=generator)
    return luma, bins.flatten()[order].reshape(bins.shape)


def layout_instead_of_content(batch: Batch, generator: torch.Generator) -> Batch:
    """Every picture is noise, every target one color above and another below."""
    luma, bins = batch
    layout = torch.zeros_like(bins)
    layout[:, : bins.shape[1] // 2] = int(bins.max())
    return torch.rand(luma.shape, generator=generator), layout


def _diagnosed(run: Path, shards: ShardSet, **options: Any) -> Diagnosis:
    return diagnose(run, str(shards.path), EvaluationSettings(split="train"), **options)


def _causes(diagnosis: Diagnosis) -> list[str]:
    return [finding.cause for finding in diagnosis.findings]


def test_a_run_that_knows_its_photos_has_nothing_wrong(
    whole_run: Path, good_shards: ShardSet
) -> None:
    diagnosis = _diagnosed(whole_run, good_shards)
    assert _causes(diagnosis) == []
    assert "nothing wrong found" in diagnosis_text(diagnosis)
    assert {symptom.cause for symptom in diagnosis.looked_at} == set(CAUSES)


def test_an_even_grid_palette_is_found_too_poor(
    crops: Crops, make_shards: Callable[..., Path], tmp_path: Path
) -> None:
    palette: Palette = grid_palette(_histogram(crops, UvGrid(10, neutral_centered=False)), 12)
    folder = make_shards(tmp_path / "s", train=(8,), val=(), size=SIZE, palette=palette)
    shards = ShardSet.open(folder)
    run = train(shards, tmp_path / "run", small_recipe(), steps=20)
    result = _diagnosed(run, shards).findings
    assert result[0].cause == "palette too poor"
    assert "0.079" in result[0].evidence  # how far the nearest bin is from gray
    assert "dataprep palette" in result[0].remedy


def test_a_run_trained_on_bins_of_other_pixels_knows_the_prior_only(
    good_shards: ShardSet, tmp_path: Path
) -> None:
    run = train(good_shards, tmp_path / "run", small_recipe(), steps=30, broken=pixels_shuffled)
    assert "prior only" in _causes(_diagnosed(run, good_shards))


def test_a_position_bound_norm_taught_blue_above_and_tan_below_is_found_out(
    good_shards: ShardSet, tmp_path: Path
) -> None:
    recipe = small_recipe(architecture="poster", norm="volume")
    run = train(good_shards, tmp_path / "run", recipe, steps=40, broken=layout_instead_of_content)
    diagnosis = _diagnosed(run, good_shards)
    assert "memorized layout" in _causes(diagnosis)
    assert "norm=pixel" in diagnosis_text(diagnosis)


def test_weights_that_the_recipe_names_and_the_loss_lacks_are_found_missing(
    half_sure_run: Path, good_shards: ShardSet, tmp_path: Path
) -> None:
    recipe = small_recipe(lam=0.05)
    without = train(good_shards, tmp_path / "run", recipe, steps=80, weighted=False)
    assert "weights not reaching the loss" in _causes(_diagnosed(without, good_shards))
    assert "weights not reaching the loss" not in _causes(_diagnosed(half_sure_run, good_shards))


def test_a_run_stopped_after_a_few_steps_is_found_under_trained(
    good_shards: ShardSet, tmp_path: Path
) -> None:
    run = train(good_shards, tmp_path / "run", small_recipe(), steps=4)
    losses = [{"step": step, "loss": 3.4 - 0.1 * step} for step in range(1, 5)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in losses))
    result = _diagnosed(run, good_shards).findings
    finding = next(f for f in result if f.cause == "under-trained")
    assert "4 steps, 32 samples seen" in finding.evidence
    assert "--set epochs=20" in finding.remedy
    assert "warmup_steps" in finding.remedy


def test_no_remedy_names_what_the_run_already_had(good_shards: ShardSet, tmp_path: Path) -> None:
    had = {"learning_rate": 1e-3, "warmup_steps": 100, "schedule": "cosine"}
    base = small_recipe().to_dict()
    recipe = Recipe.from_dict(
        base
        | {"optimizer": base["optimizer"] | had}
        | {"validation": base["validation"] | {"measure": "color_score"}}
    )
    run = train(good_shards, tmp_path / "run", recipe, steps=4)
    losses = [{"step": step, "loss": 3.4 - 0.1 * step} for step in range(1, 5)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in losses))
    for finding in _diagnosed(run, good_shards).findings:
        for key in ("learning_rate", "warmup_steps", "schedule", "measure", "--recipe small"):
            assert key not in finding.remedy


def test_a_network_half_sure_is_found_decoded_too_warm_at_temperature_one(
    half_sure_run: Path, good_shards: ShardSet
) -> None:
    warm = _diagnosed(half_sure_run, good_shards, options=PredictionOptions(temperature=1.0))
    cool = _diagnosed(half_sure_run, good_shards, options=PredictionOptions(temperature=0.1))
    assert "decoding too warm" in _causes(warm)
    assert "decoding too warm" not in _causes(cool)


def test_the_command_prints_words_or_one_json_object(
    whole_run: Path, good_shards: ShardSet
) -> None:
    arguments = ["diagnose", str(whole_run), str(good_shards.path), "--split", "train"]
    words = CliRunner().invoke(app, arguments)
    assert words.exit_code == 0
    assert "examined and not found" in words.stdout
    result = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert {symptom["cause"] for symptom in result["looked_at"]} == set(CAUSES)
