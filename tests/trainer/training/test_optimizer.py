"""Adam's groups: an encoder at a rate of its own, decay where it belongs; where a fit starts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from colorunet.networks import EncoderUnet, NetworkSettings, build_network
from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.published import published_tensors
from trainer.cli import app
from trainer.config.recipe import Recipe
from trainer.config.settings import OptimizerSettings
from trainer.errors import TrainerError
from trainer.training.loop import FitOptions, fit
from trainer.training.optimizer import make_optimizer, set_rate

pytestmark = pytest.mark.slow

ENCODER = "encoder."


@pytest.fixture(scope="module")
def network() -> EncoderUnet:
    settings = NetworkSettings("encoder-unet", logits_stride=4, padding="replicate")
    built = build_network(settings, bins=8, size=64)
    assert isinstance(built, EncoderUnet)
    return built


def test_the_encoder_moves_at_its_own_rate_and_all_else_at_the_given_one(
    network: EncoderUnet,
) -> None:
    settings = OptimizerSettings(learning_rate=1e-3, weight_decay=0.05)
    optimizer = make_optimizer(network, settings, encoder=network.encoder_parameters())
    set_rate(optimizer, 1e-3, 0.3)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    decays = {
        id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]
    }
    assert len(rates) == len(list(network.parameters()))
    for name, parameter in network.named_parameters():
        expected = 3e-4 if name.startswith(ENCODER) else 1e-3
        assert rates[id(parameter)] == pytest.approx(expected), name
        assert decays[id(parameter)] == (0.05 if parameter.ndim > 1 else 0.0), name


@pytest.mark.parametrize("freeze_steps", [0, 5])
def test_a_fit_starts_from_the_published_encoder_and_leaves_it_while_frozen(
    trained_run: Any, tmp_path: Path, network: EncoderUnet, freeze_steps: int
) -> None:
    recipe = Recipe.load("colorunet").with_overrides(
        [
            "max_steps=2",
            "batch_size=2",
            "crop=32",
            "ema=0",
            "workers=0",
            "warmup_steps=1",
            f"freeze_steps={freeze_steps}",
        ]
    )
    fit(trained_run.shards, tmp_path / "run", recipe)
    network.encoder.load_published(published_tensors("efficientnet-lite0"))
    trained = load_file(tmp_path / "run" / "last.safetensors")
    moved = [
        name
        for name, tensor in network.encoder.state_dict().items()
        if not torch.equal(tensor, trained[f"{ENCODER}{name}"])
    ]
    assert bool(moved) is (freeze_steps == 0)


def test_a_fit_from_a_run_starts_with_its_parameters(trained_run: Any, tmp_path: Path) -> None:
    first = load_run(trained_run.folder)
    recipe = trained_run.recipe.with_overrides(["learning_rate=1e-12", "seed=5"])
    fit(trained_run.shards, tmp_path / "second", recipe, options=FitOptions(init=first))
    second = load_run(tmp_path / "second").network.state_dict()
    for name, tensor in first.network.state_dict().items():
        assert torch.allclose(tensor, second[name], atol=1e-6), name


def test_with_another_palette_each_output_starts_from_that_of_the_nearest_bin(
    trained_run: Any, tmp_path: Path
) -> None:
    trained = load_run(trained_run.folder)
    backwards = replace(
        trained.palette,
        centers=trained.palette.centers[::-1].copy(),
        prior=trained.palette.prior[::-1].copy(),
    )
    other = replace(trained, palette=backwards)
    recipe = trained_run.recipe.with_overrides(["learning_rate=1e-12", "seed=5"])
    fit(trained_run.shards, tmp_path / "second", recipe, options=FitOptions(init=other))
    second = load_run(tmp_path / "second").network.state_dict()
    for name, tensor in trained.network.state_dict().items():
        expected = tensor.flip(0) if name.startswith("head.") else tensor
        assert torch.allclose(expected, second[name], atol=1e-6), name


@pytest.mark.parametrize("other", ["width=12", "depth=4"])
def test_parameters_of_another_network_are_refused(
    trained_run: Any, tmp_path: Path, other: str
) -> None:
    options = FitOptions(init=load_run(trained_run.folder))
    recipe = trained_run.recipe.with_overrides([other])
    with pytest.raises(TrainerError, match="--init"):
        fit(trained_run.shards, tmp_path / "run", recipe, options=options)
    assert not (tmp_path / "run").exists()


def test_the_command_takes_the_network_from_where_it_starts(
    trained_run: Any, tmp_path: Path
) -> None:
    words = ["fit", str(trained_run.shards.path), "--out", str(tmp_path / "run"), "--init"]
    settings = [
        w for t in ("max_steps=1", "batch_size=2", "crop=32", "workers=0") for w in ("--set", t)
    ]
    done = CliRunner().invoke(app, [*words, str(trained_run.folder), *settings])
    assert done.exit_code == 0, done.output
    assert load_run(tmp_path / "run").settings.width == 8
    wrong = CliRunner().invoke(app, [*words, "no-such-network", *settings, "--overwrite"])
    assert "or the folder of a run" in str(wrong.exception)
