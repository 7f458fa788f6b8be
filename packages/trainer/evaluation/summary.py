"""Aggregation of single images' measures, with bootstrap intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from trainer.evaluation.measures import FIGURES_TO_TRUTH, IMAGE_FIGURES, MEASURES
from trainer.evaluation.pool import Pool, Table

TRUTH, CEILING, PREDICTION, GRAY = "truth", "quantized_truth", "prediction", "gray"


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval (percentile bootstrap over images); None: undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


def per_image(measured: Table, truth: Table) -> dict[str, Float[np.ndarray, "images"]]:
    """Return the figures of single images, those relative to truth included."""
    shown = [name for name in IMAGE_FIGURES if name in MEASURES]
    return {name: measured[name] for name in shown} | {
        name: of(measured, truth) for name, of in FIGURES_TO_TRUTH.items()
    }


def summarize(
    measured: Table, truth: Table, ceiling: Table, rows: Int[np.ndarray, "images"] | None = None
) -> dict[str, float]:
    """Return every measure of ``MEASURES`` over the images ``rows`` (all of them by default).

    A row may come more than once. What isn't defined (no image with colour in it) is NaN.
    """
    if rows is None:
        rows = np.arange(len(truth["psnr"]))
    pool = Pool({**measured, **per_image(measured, truth)}, truth, ceiling, rows)
    return {name: m.formula(pool) for name, m in MEASURES.items() if m.formula is not None}


def estimates(
    tables: Mapping[str, Table], *, draws: int, seed: int
) -> tuple[dict[str, dict[str, Estimate]], dict[str, dict[str, Estimate]]]:
    """Return every measure of every variant, and prediction − variant, with intervals.

    Images are drawn with replacement, the same draws for all variants, so the intervals of the
    differences are paired.

    Args:
        tables: by variant; truth and quantised truth must be among them.
        draws: bootstrap draws; 0 leaves the intervals out.
        seed: of the draws.
    """
    truth, ceiling = tables[TRUTH], tables[CEILING]
    images = len(truth["psnr"])
    picks = _picks(images, draws, seed)
    points, spreads = {}, {}
    for variant, measured in tables.items():
        points[variant] = summarize(measured, truth, ceiling)
        drawn = [summarize(measured, truth, ceiling, rows) for rows in picks]
        spreads[variant] = {name: np.array([d[name] for d in drawn]) for name in MEASURES}
    absolute = {
        variant: {
            name: _estimate(points[variant][name], spreads[variant][name]) for name in MEASURES
        }
        for variant in tables
    }
    predicted, predicted_draws = points[PREDICTION], spreads[PREDICTION]
    differences = {
        variant: {
            name: _estimate(
                predicted[name] - points[variant][name],
                _minus(predicted_draws[name], spreads[variant][name]),
            )
            for name in MEASURES
        }
        for variant in tables
        if variant != PREDICTION
    }
    return absolute, differences


def mean_estimate(values: Float[np.ndarray, "images"], *, draws: int, seed: int) -> Estimate:
    """Return the mean over images with its interval, by the same draws as ``estimates``."""
    means = [values[rows].mean() for rows in _picks(len(values), draws, seed)]
    return _estimate(float(values.mean()), np.array(means))


def _picks(images: int, draws: int, seed: int) -> list[Int[np.ndarray, "images"]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, images, images) for _ in range(draws)]


def _minus(
    first: Float[np.ndarray, "draws"], second: Float[np.ndarray, "draws"]
) -> Float[np.ndarray, "draws"]:
    with np.errstate(invalid="ignore"):  # infinity − infinity, where truth is its own PSNR
        return first - second


def _estimate(value: float, draws: Float[np.ndarray, "draws"]) -> Estimate:
    known = draws[np.isfinite(draws)]
    if not np.isfinite(value):
        return Estimate(None)
    if not known.size:
        return Estimate(value)
    low, high = np.percentile(known, (2.5, 97.5))
    return Estimate(value, float(low), float(high))
