"""Averaging over sizes and mirror image: what is averaged, and that it is asked of every photo."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from colorcore import Palette
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.torch_network import resized
from colorunet.networks import NetworkSettings, build_network
from colorunet.parameters.checkpoint import load_run, save_parameters
from trainer.cli import app
from trainer.config.recipe import Recipe


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_network(NetworkSettings(width=8, depth=3), bins=6, size=64).eval()


def test_the_photo_as_it_is_gives_the_networks_own_logits(network: torch.nn.Module) -> None:
    luma = torch.rand(1, 1, 40, 56)
    with torch.inference_mode():
        assert torch.allclose(Averaging().logits(network, luma, resized), network(luma))


def test_a_network_is_shown_every_size_and_the_mirror_image_of_each() -> None:
    shown = []

    def network(luma: torch.Tensor) -> torch.Tensor:
        shown.append(luma)
        return torch.cat((luma, luma.new_full(luma.shape, float(len(shown)))), dim=1)

    luma = torch.linspace(0, 1, 64).expand(1, 1, 32, 64)  # rises from left to right
    logits = Averaging((0.25, 0.5, 1.0), mirrored=True).logits(network, luma, resized)
    assert [tuple(one.shape[-2:]) for one in shown] == [(8, 16), (16, 32), (32, 64)] * 2
    assert all(bool((one.diff(dim=-1) > 0).all()) for one in shown[:3])
    assert all(bool((one.diff(dim=-1) < 0).all()) for one in shown[3:])
    assert logits.shape == (1, 2, 32, 64)
    # Mirrored back, every version says the same of a place, up to the resampling at the border.
    assert (logits[:, 0] - luma[:, 0]).abs().max() < 0.05
    assert torch.allclose(logits[:, 1], torch.tensor(np.mean([1, 2, 3, 4, 5, 6])).float())


def test_mirrored_logits_dont_depend_on_which_way_a_photo_lies(network: torch.nn.Module) -> None:
    luma = torch.rand(1, 1, 48, 64)
    both = Averaging((0.5, 1.0), mirrored=True)
    with torch.inference_mode():
        assert torch.allclose(
            both.logits(network, luma.flip(-1), resized).flip(-1),
            both.logits(network, luma, resized),
            atol=1e-5,
        )


@pytest.mark.parametrize("scales", [(), (0.0, 1.0), (0.5, 2.0), (0.5, 0.5), (float("nan"),)])
def test_scales_that_make_no_sense_are_refused(scales: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="different numbers"):
        Averaging(scales)


def test_what_the_user_gives_wins_over_what_the_run_was_calibrated_with() -> None:
    meta = {"averaging": {"scales": [0.5, 1.0], "mirrored": True}}
    assert Averaging.of_run(meta) == Averaging((0.5, 1.0), mirrored=True)
    assert PredictionOptions(scales=(1.0,)).averaging(meta) == Averaging((1.0,), mirrored=True)
    assert PredictionOptions(mirrored=False).averaging(meta) == Averaging((0.5, 1.0))
    assert Averaging.of_run({}) == Averaging()


def test_colorize_averages_as_it_is_told_and_says_so(
    tmp_path: Path, small_palette: Palette
) -> None:
    recipe = Recipe().with_overrides(["width=8", "depth=3"])
    torch.manual_seed(1)
    made = build_network(recipe.network, bins=small_palette.n, size=64)
    meta = {"step": 1, "size": 64, "recipe": recipe.to_dict()}
    meta |= {"palette": small_palette.to_dict(), "averaging": {"scales": [0.5, 1.0]}}
    (tmp_path / "run").mkdir()
    save_parameters(tmp_path / "run", "best", made.state_dict(), meta)
    photo = np.random.default_rng(0).integers(0, 256, (64, 80), dtype=np.uint8)
    Image.fromarray(photo).save(tmp_path / "gray.png")
    own = Colorizer.of_run(load_run(tmp_path / "run"), working_edge_px=64).colorize(photo)
    words = ["colorize", str(tmp_path / "run"), str(tmp_path / "gray.png"), "--working-edge", "64"]
    colored = {}
    for name, more in (("own", []), ("one", ["--scales", "1"]), ("mirrored", ["--mirrored"])):
        out = tmp_path / name
        done = CliRunner().invoke(app, [*words, "--out", str(out), *more, "--json"])
        assert done.exit_code == 0, done.output
        colored[name] = np.asarray(Image.open(out / "gray.png"))
    assert np.array_equal(colored["own"], own)
    assert not np.array_equal(colored["own"], colored["one"])
    assert not np.array_equal(colored["own"], colored["mirrored"])
    for wrong, complaint in (("half", "expected numbers such as 0.5,1"), ("3", "from 0.125 to 1")):
        refused = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "x"), "--scales", wrong])
        assert refused.exit_code
        assert complaint in refused.output + str(refused.exception)
