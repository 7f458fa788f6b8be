"""What every epoch says of a network is what an evaluation would say of it."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from colorcore import IGNORE_BIN, Palette
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.networks import PixelClassifier
from trainer.config.recipe import Recipe
from trainer.data.batch import Batch
from trainer.data.sampler import MicroBatch, Position
from trainer.data.shard_set import Sample, ShardSet
from trainer.evaluation.epoch_measures import EPOCH_MEASURES
from trainer.evaluation.evaluate import evaluate
from trainer.evaluation.measures import MEASURES
from trainer.evaluation.result import EvaluationSettings
from trainer.evaluation.summary import PREDICTION
from trainer.training.losses import Targets
from trainer.training.state import TrainingState
from trainer.training.validation import validate


class Fixed(PixelClassifier):
    """Gives each level of luma its logits, whatever is around it."""

    def __init__(self, logits_by_level: Float[Tensor, "256 n"]) -> None:
        super().__init__(bins=logits_by_level.shape[1], stride=1)
        self.logits_by_level = logits_by_level

    def coarse_logits(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b n h w"]:
        levels = (luma[:, 0] * 255).round().long()
        return self.logits_by_level[levels].permute(0, 3, 1, 2)


def _batch(luma: np.ndarray, bins: np.ndarray, *, padding: int = 0) -> Batch:
    count = len(luma)
    return Batch(
        luma=torch.from_numpy(luma),
        bins=torch.from_numpy(bins),
        flip=torch.zeros(count, dtype=torch.bool),
        keys=tuple(str(number) for number in range(count)),
        micro_batch=MicroBatch(
            epoch=0,
            samples=tuple(range(count)),
            padding=padding,
            after=Position(),
            step_samples=count,
            ends_step=True,
        ),
    )


def _validation(network: PixelClassifier, palette: Palette, batch: Batch) -> dict[str, float]:
    return validate(
        network,
        [batch],
        palette=palette,
        targets=Targets.of(palette, Recipe.load("poster").loss, torch.device("cpu")),
        temperature=0.38,
        coarse_loss=False,
        device=torch.device("cpu"),
        autocast=nullcontext,
    )


def test_the_measures_are_those_of_an_evaluation(
    make_shards: Callable[..., Path],
    small_palette: Palette,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of blocks of two by two pixels, every other one says it all."""
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(1,), val=(3,), size=48))
    samples = [
        Sample(s.key, _blocks(s.luma), _blocks(s.bins), None) for s in shard_set.samples("val")
    ]
    generator = torch.Generator().manual_seed(2)
    network = Fixed(8 * torch.randn(256, small_palette.n, generator=generator))
    batch = _batch(np.stack([s.luma for s in samples]), np.stack([s.bins for s in samples]))
    ours = _validation(network, small_palette, batch)

    monkeypatch.setattr(ShardSet, "samples", lambda *_: iter(samples))
    colorizer = Colorizer(network, small_palette, decoding=Decoding(temperature=0.38))
    settings = EvaluationSettings(split="val", draws=0, probe_images=1)
    theirs = evaluate(colorizer, shard_set, settings)[0].variants[PREDICTION]
    assert list(ours) == list(EPOCH_MEASURES)
    for name in EPOCH_MEASURES.keys() & MEASURES.keys():
        assert ours[name] == pytest.approx(theirs[name].value, rel=1e-4), name


def _blocks(plane: np.ndarray) -> np.ndarray:
    return plane[::2, ::2].repeat(2, axis=0).repeat(2, axis=1)


def test_a_network_that_knows_all_bins_is_perfect(small_palette: Palette) -> None:
    rng = np.random.default_rng(3)
    luma = rng.integers(60, 60 + small_palette.n, (2, 16, 16)).astype(np.uint8)
    logits = torch.full((256, small_palette.n), -50.0)
    logits[torch.arange(60, 60 + small_palette.n), torch.arange(small_palette.n)] = 50.0
    told = _validation(Fixed(logits), small_palette, _batch(luma, luma - np.uint8(60)))
    assert (told["accuracy"], told["color_score"]) == (1, 1)
    assert told["effective_colors_ratio"] == pytest.approx(1, abs=1e-6)
    assert told["colorfulness_ratio"] == pytest.approx(1, abs=1e-5)


def test_pixels_that_take_no_part_and_padding_change_nothing(small_palette: Palette) -> None:
    rng = np.random.default_rng(4)
    luma = rng.integers(0, 256, (2, 16, 16)).astype(np.uint8)
    bins = rng.integers(0, small_palette.n, luma.shape).astype(np.uint8)
    network = Fixed(4 * torch.randn(256, small_palette.n))
    alone = _validation(network, small_palette, _batch(luma[:1], bins[:1]))
    padded = bins.copy()
    padded[1] = IGNORE_BIN
    assert _validation(network, small_palette, _batch(luma, padded, padding=1)) == alone
    nothing = _validation(network, small_palette, _batch(luma[:1], padded[1:]))
    assert set(nothing.values()) == {0.0}


@pytest.mark.parametrize(
    ("measure", "values", "best"),
    [
        ("loss", (3, 2, 4), 2),
        ("color_score", (0.2, 0.5, 0.4), 0.5),
        ("effective_colors_ratio", (0.5, 1.1, 3.0), 1.1),  # as many colours as truth, not as can be
    ],
)
def test_the_best_step_is_the_one_nearest_to_what_is_ideal(
    measure: str, values: tuple[float, ...], best: float
) -> None:
    state = TrainingState("fingerprint", 0, len(values), 1)
    for value in values:
        state.judge({measure: value}, measure)
    assert state.best == best
