"""Evidence for a diagnosis, gathered from a run and a shard set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from colorcore import (
    Palette,
    UvHistogram,
    kmeans_palette,
    soft_target_matrix,
    uv_of_uint8,
    uv_to_bins,
)
from trainer.config.recipe import Recipe
from trainer.data.shard_set import Sample
from trainer.evaluation.result import Evaluation, Tallies
from trainer.runs.metrics_log import Line, series
from trainer.training.losses import Targets

_GOOD_BINS = 32  # of the palettes that are shipped
_LAST = 5  # lines of the training log that are averaged for "the loss at the end"


@dataclass(frozen=True)
class PaletteFacts:
    """Error of a palette on these photos.

    Args:
        rms_error: root mean square distance (UV) of a true pixel to its bin; None without crops.
        reachable_rms_error: the same for 32 k-means bins learnt from these photos.
        neutral_distance: from (0, 0) to the nearest bin.
        method: how the palette was made.
        bins: how many it has.
    """

    rms_error: float | None
    reachable_rms_error: float | None
    neutral_distance: float
    method: str
    bins: int


@dataclass(frozen=True)
class LossFacts:
    """Progress of a fit by its loss.

    Args:
        steps: that the network was trained for.
        views: samples seen, steps × batch.
        gain: share of the way from knowing the prior alone (0) to knowing every pixel (1) that the
            last loss has gone; None without a log.
        late_fall: share of the whole fall of the loss that fell in the last quarter of the steps.
        split: whose loss it is, ``validation`` or ``training``.
    """

    steps: int
    views: int
    gain: float | None
    late_fall: float | None
    split: str


@dataclass(frozen=True)
class WeightFacts:
    """Effect of the rebalancing weights on the predictions.

    Args:
        lam: λ of the recipe.
        mark: 1 if the mean prediction is shifted toward rare bins as expected from the weights, 0
            if it has the shares of the photos, as without weights.
        tilt: expected shift: weighted standard deviation of the log ratio.
        apart_without: total variation between the mean prediction and what no weights would give.
        apart_with: the same with the weights.
        certainty: information / entropy of the mean prediction; a network sure of every pixel shows
            no tilt, weights or not.
    """

    lam: float
    mark: float
    tilt: float
    apart_without: float
    apart_with: float
    certainty: float


@dataclass(frozen=True)
class Evidence:
    """All evidence, with the recipe that remedies may change."""

    recipe: Recipe
    evaluation: Evaluation
    palette: PaletteFacts
    loss: LossFacts
    weights: WeightFacts
    prior_distance: float


def palette_facts(palette: Palette, samples: Iterable[Sample]) -> PaletteFacts:
    """Compare a palette with 32 k-means bins of these photos."""
    neutral = float(np.min(np.hypot(palette.centers[:, 0], palette.centers[:, 1])))
    histogram = UvHistogram.empty()
    for sample in samples:
        if sample.rgb is not None:
            histogram = histogram.add(uv_of_uint8(sample.rgb[::2, ::2]))
    if int(np.count_nonzero(histogram.counts)) < _GOOD_BINS:
        return PaletteFacts(None, None, neutral, palette.method, palette.n)
    reachable = kmeans_palette(histogram, _GOOD_BINS)
    return PaletteFacts(
        _rms_error(histogram, palette),
        _rms_error(histogram, reachable),
        neutral,
        palette.method,
        palette.n,
    )


def loss_facts(recipe: Recipe, palette: Palette, steps: int, lines: Sequence[Line]) -> LossFacts:
    """Place the last loss between the prior's and a perfect one, and measure its late fall."""
    validation, training = series(lines, "val_loss"), series(lines, "loss")
    split, points = ("validation", validation) if validation else ("training", training)
    gain = late = None
    if points:
        last = float(np.mean([y for _, y in points[-(1 if validation else _LAST) :]]))
        worst, perfect = loss_range(recipe, palette)
        gain = (worst - last) / (worst - perfect)
    if len(points) >= 4:
        late = _late_fall(points)
    return LossFacts(steps, steps * recipe.batch_size, gain, late, split)


def loss_range(recipe: Recipe, palette: Palette) -> tuple[float, float]:
    """Return the loss of predicting the prior, and of predicting each pixel's bin."""
    rows = _target_rows(recipe, palette)
    target = palette.prior @ rows
    prior_alone = -float(np.sum(target * _log(target / target.sum())))
    distributions = rows / rows.sum(axis=1, keepdims=True)
    perfect = -float(palette.prior @ np.sum(rows * _log(distributions), axis=1))
    return prior_alone, perfect


def weight_facts(
    recipe: Recipe, palette: Palette, tallies: Tallies, information_bits: float
) -> WeightFacts:
    """Measure the weights' effect on the mean prediction."""
    true = tallies.true_counts / max(float(tallies.true_counts.sum()), 1.0)
    soft = soft_target_matrix(palette, k=recipe.loss.soft_k, sigma=recipe.loss.soft_sigma)
    without, with_ = true @ soft, true @ _target_rows(recipe, palette)
    with_ = with_ / with_.sum()
    mean = tallies.mean_probability / tallies.mean_probability.sum()
    target, reached = _log(with_) - _log(without), _log(mean) - _log(without)
    target = target - float(without @ target)
    spread = float(without @ target**2)
    entropy_bits = -float(np.sum(mean * _log(mean))) / np.log(2)
    return WeightFacts(
        lam=recipe.loss.lam,
        mark=float(without @ (target * reached)) / spread if spread > 1e-12 else 0.0,
        tilt=float(np.sqrt(spread)),
        apart_without=_total_variation(mean, without),
        apart_with=_total_variation(mean, with_),
        certainty=information_bits / max(entropy_bits, 1e-9),
    )


def prior_distance(recipe: Recipe, palette: Palette, tallies: Tallies) -> float:
    """Return the total variation of the mean prediction from the prior, weighted or plain."""
    mean = tallies.mean_probability / tallies.mean_probability.sum()
    target = palette.prior @ _target_rows(recipe, palette)
    plain = palette.prior
    return min(_total_variation(mean, target / target.sum()), _total_variation(mean, plain))


def _target_rows(recipe: Recipe, palette: Palette) -> Float[np.ndarray, "n n"]:
    rows = Targets.of(palette, recipe.loss, torch.device("cpu")).rows
    return rows[: palette.n].double().numpy()


def _late_fall(points: Sequence[tuple[float, float]]) -> float:
    steps, losses = np.array(points).T
    turn = steps[0] + 0.75 * (steps[-1] - steps[0])
    first, last = float(losses[0]), float(losses[-1])
    at_turn = float(np.interp(turn, steps, losses))
    fall = first - last
    return (at_turn - last) / fall if fall > 1e-6 else 0.0


def _rms_error(histogram: UvHistogram, palette: Palette) -> float:
    filled = np.flatnonzero(histogram.counts)
    points = histogram.grid.centers()[filled]
    nearest = palette.centers[uv_to_bins(points, palette)]
    squared = np.sum((points - nearest) ** 2, axis=1)
    return float(np.sqrt(np.average(squared, weights=histogram.counts[filled])))


def _total_variation(first: Float[np.ndarray, "n"], second: Float[np.ndarray, "n"]) -> float:
    return 0.5 * float(np.abs(first - second).sum())


def _log(shares: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return np.log(np.maximum(shares, 1e-12))
