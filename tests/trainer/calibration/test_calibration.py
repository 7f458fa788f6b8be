"""Choosing a decoding: offsets undo a bias, bars say how far off, the choice is what runs use."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from colorcore import Palette
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.networks import build_network
from colorunet.parameters.checkpoint import load_run, save_parameters
from trainer.calibration.choose import choose, judged, matching_offsets
from trainer.calibration.held_out import HeldOut
from trainer.calibration.job import calibrate_run
from trainer.cli import app
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.evaluation.evaluate import unwatched

pytestmark = pytest.mark.slow


class BiasedOracle:
    """The true bins, but for a bias on some of them that drowns the weaker evidence."""

    def __init__(self, shards: ShardSet, bias: torch.Tensor) -> None:
        self._known = {s.luma.tobytes(): s.bins for s in shards.samples("val")}
        self._n, self._bias = shards.palette.n, bias

    def __call__(self, luma: torch.Tensor) -> torch.Tensor:
        key = (luma[0, 0] * 255).round().to(torch.uint8).numpy().tobytes()
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(self._known[key]).long(), self._n)
        return (3.0 * one_hot + self._bias).permute(2, 0, 1)[None].float()


@pytest.fixture(scope="module")
def shards(make_shards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> ShardSet:
    return ShardSet.open(make_shards(tmp_path_factory.mktemp("c"), train=(2,), val=(7,), size=64))


def held_out(shards: ShardSet, bias: torch.Tensor) -> HeldOut:
    colorizer = Colorizer(BiasedOracle(shards, bias), shards.palette)
    return HeldOut(colorizer, shards, "val", 100, unwatched)


@pytest.fixture(scope="module")
def flooded(shards: ShardSet) -> HeldOut:
    """One bin is preferred so much that it paints nearly everything."""
    bias = torch.zeros(shards.palette.n)
    bias[int(np.argmin(shards.palette.prior))] = 4.0
    return held_out(shards, bias)


def test_offsets_bring_back_the_shares_that_a_bias_took(flooded: HeldOut, shards: ShardSet) -> None:
    plain = Decoding(temperature=0.1)
    before = np.abs(flooded.shares(plain) - flooded.true_shares).sum()
    offsets = matching_offsets([flooded], plain, shards.palette.n)
    matched = replace(plain, bin_offsets=tuple(offsets))
    after = np.abs(flooded.shares(matched) - flooded.true_shares).sum()
    assert before > 1.5  # of at most 2: the biased bin has nearly all
    assert after < before / 3
    assert np.argmin(offsets) == int(np.argmin(shards.palette.prior))


def test_the_choice_costs_less_than_the_default(flooded: HeldOut, shards: ShardSet) -> None:
    default = judged([flooded], Decoding())
    chosen, tried = choose([flooded], shards.palette.n, report=lambda: None)
    assert chosen.missed < default.missed / 2
    assert chosen.cost == min(one.cost for one in tried) < default.cost
    assert chosen.decoding.bin_offsets is not None


def test_an_unbiased_oracle_needs_no_offsets(shards: ShardSet) -> None:
    good = held_out(shards, torch.zeros(shards.palette.n))
    chosen, _ = choose([good], shards.palette.n, report=lambda: None)
    assert chosen.cost <= judged([good], Decoding(temperature=0.18)).cost


def test_caution_costs_less_where_loud_colours_are_wrong(shards: ShardSet) -> None:
    """Two opposite bins are nearly as likely everywhere: what is painted is a coin's throw."""
    bias = torch.full((shards.palette.n,), -20.0)
    strong = np.argsort(np.hypot(*np.array(shards.palette.centers).T))[-2:]
    bias[torch.from_numpy(strong.copy())] = torch.tensor([20.0, 19.9])
    unsure = [held_out(shards, bias)]
    bold = judged(unsure, Decoding(temperature=0.38))
    careful = judged(unsure, Decoding(temperature=0.38, caution=0.3))
    assert careful.ciede2000[0] < bold.ciede2000[0]
    assert careful.cost < bold.cost


def test_the_curve_leaves_out_what_another_decoding_beats(shards: ShardSet, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", shards.palette)
    curve = calibrate_run(run, [str(shards.path)], write=False).curve
    assert len(curve) > 1
    for less, more in pairwise(curve):
        assert less.colorfulness_ratio < more.colorfulness_ratio
        assert less.ciede2000 < more.ciede2000


def write_run(folder: Path, palette: Palette) -> Path:
    recipe = Recipe().with_overrides(["width=8", "depth=2"])
    torch.manual_seed(0)
    network = build_network(recipe.network, bins=palette.n, size=64)
    meta = {"step": 1, "size": 64, "recipe": recipe.to_dict(), "palette": palette.to_dict()}
    folder.mkdir()
    save_parameters(folder, "best", network.state_dict(), meta)
    return folder


def test_the_command_writes_what_every_other_command_then_uses(
    shards: ShardSet, tmp_path: Path
) -> None:
    run = write_run(tmp_path / "run", shards.palette)
    before = (run / "best.json").read_bytes()
    words = ["calibrate", str(run), str(shards.path), "--limit", "3"]
    dry = CliRunner().invoke(app, [*words, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert (run / "best.json").read_bytes() == before
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["chosen"]["decoding"]
    used = Decoding.of_run(load_run(run).meta)
    assert used.temperature == told["temperature"]
    assert (used.bin_offsets and list(used.bin_offsets)) == told["bin_offsets"]
    averaged = json.loads(done.stdout)["averaging"]
    assert load_run(run).meta["averaging"] == averaged
    tried = json.loads(done.stdout)["tried"]
    assert [one["averaging"]["scales"] for one in tried] == [[1.0], [0.5, 1.0]]
    assert averaged == min(tried, key=lambda one: one["ciede2000"])["averaging"]
    judged_again = CliRunner().invoke(
        app, ["evaluate", str(run), str(shards.path), "--split", "val", "--json"]
    )
    assert json.loads(judged_again.stdout)["decoding"] == told


def test_a_set_of_another_palette_and_an_empty_split_are_refused(
    shards: ShardSet, tmp_path: Path
) -> None:
    other = replace(shards.palette, method="other")
    run = write_run(tmp_path / "other", other)
    refused = CliRunner().invoke(app, ["calibrate", str(run), str(shards.path)])
    assert isinstance(refused.exception, TrainerError)
    assert shards.palette.fingerprint in str(refused.exception)
    run = write_run(tmp_path / "run", shards.palette)
    refused = CliRunner().invoke(app, ["calibrate", str(run), str(shards.path), "--split", "test"])
    assert "the split test is empty" in str(refused.exception)


@pytest.mark.parametrize("offsets", [(0.0, float("nan")), (float("inf"), 0.0)])
def test_offsets_that_are_no_numbers_are_refused(offsets: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="bin offsets: expected numbers within"):
        Decoding(bin_offsets=offsets)


def test_offsets_of_another_number_of_bins_are_refused(small_palette: Palette) -> None:
    colorizer = Colorizer(lambda luma: luma, small_palette)
    with pytest.raises(ValueError, match=f"expected {small_palette.n}, given 2"):
        colorizer.decode(torch.zeros(2, 2, small_palette.n), Decoding(bin_offsets=(0.0, 1.0)))
