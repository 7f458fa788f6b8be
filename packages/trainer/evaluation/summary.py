"""From the measures of single images to figures over all of them, with bootstrap intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int, Shaped

from colorcore.measures import HUE_FAMILIES, area_of_mean_error, chroma_spread, top_two_mass
from trainer.evaluation.definitions import MEASURES, family_measure
from trainer.evaluation.measure import ImageMeasures

_LEAST_COLORFULNESS = 1.0  # below it a truth is gray and a ratio to it says nothing
_LEAST_SPREAD = 0.005
_SEEN_SHARE = 0.01
TRUTH, CEILING, PREDICTION, GRAY = "truth", "quantized_truth", "prediction", "gray"

Table = Mapping[str, Shaped[np.ndarray, "images ..."]]


@dataclass(frozen=True)
class Estimate:
    """A figure and the 95 % interval of it (percentile bootstrap over images); None: undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


def table(images: Sequence[ImageMeasures]) -> Table:
    """Return each measure of all images as one array, images first."""
    return {
        field.name: np.array([getattr(image, field.name) for image in images])
        for field in fields(ImageMeasures)
    }


def per_image(measured: Table, truth: Table) -> dict[str, Float[np.ndarray, "images"]]:
    """Return the measures that a single image has, ratios to its truth included."""
    with np.errstate(divide="ignore", invalid="ignore"):
        colorful = np.where(
            truth["colorfulness"] >= _LEAST_COLORFULNESS,
            measured["colorfulness"] / truth["colorfulness"],
            np.nan,
        )
        spread = np.where(
            truth["chroma_spread"] >= _LEAST_SPREAD,
            measured["chroma_spread"] / truth["chroma_spread"],
            np.nan,
        )
        accuracy = measured["family_hits"].sum(axis=1) / truth["family_pixels"].sum(axis=1)
    names = ("effective_colors", "distinct_colors", "colorfulness", "hue_coverage")
    return {name: measured[name] for name in (*names, "ciede2000", "psnr", "ssim")} | {
        "colorfulness_ratio": colorful,
        "chroma_spread_ratio": spread,
        "hue_accuracy": accuracy,
    }


def summarize(
    measured: Table, truth: Table, ceiling: Table, rows: Int[np.ndarray, "images"] | None = None
) -> dict[str, float]:
    """Return every measure of ``MEASURES`` over the images ``rows`` (all of them by default).

    A row may come more than once. What isn't defined (no image with colour in it) is NaN.
    """
    if rows is None:
        rows = np.arange(len(truth["psnr"]))
    single = {name: values[rows] for name, values in per_image(measured, truth).items()}
    true_counts = truth["counts"][rows].sum(axis=0)
    counts = measured["counts"][rows].sum(axis=0)
    effective = _median(single["effective_colors"])
    coverage = float(np.mean(single["hue_coverage"]))
    figures = {
        "effective_colors": effective,
        "effective_colors_ratio": _over(effective, _median(ceiling["effective_colors"][rows])),
        "distinct_colors": _median(single["distinct_colors"]),
        "colorfulness": _median(single["colorfulness"]),
        "colorfulness_ratio": _median(single["colorfulness_ratio"]),
        "colorfulness_ratio_p10": _percentile(single["colorfulness_ratio"], 10),
        "chroma_spread_ratio": _median(single["chroma_spread_ratio"]),
        "hue_coverage": coverage,
        "hue_coverage_ratio": _over(coverage, float(np.mean(truth["hue_coverage"][rows]))),
        "top_two_mass": top_two_mass(counts) if counts.any() else np.nan,
        "largest_bin_excess": _largest_excess(counts, true_counts),
        "ciede2000": float(np.mean(single["ciede2000"])),
        "between_image_spread_ratio": _over(
            chroma_spread(measured["mean_uv"][rows]), chroma_spread(truth["mean_uv"][rows])
        ),
        "psnr": float(np.mean(single["psnr"])),
        "ssim": float(np.mean(single["ssim"])),
    }
    figures |= _family_recalls(measured, rows)
    figures["gray_recall"] = _over(
        float(measured["gray_hits"][rows].sum()), float(measured["gray_pixels"][rows].sum())
    )
    figures |= _by_true_bin(measured, true_counts, rows)
    return {name: figures[name] for name in MEASURES}


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


def _by_true_bin(
    measured: Table, true_counts: Int[np.ndarray, "n"], rows: Int[np.ndarray, "images"]
) -> dict[str, float]:
    present = true_counts > 0
    if not present.any():
        return dict.fromkeys(("macro_recall", "auc", "auc_balanced"), float("nan"))
    pixels = true_counts[present]
    errors = measured["errors"][rows].sum(axis=0)[present]
    hits = measured["hits"][rows].sum(axis=0)[present]
    return {
        "macro_recall": float(np.mean(hits / pixels)),
        "auc": area_of_mean_error(float(errors.sum() / pixels.sum())),
        "auc_balanced": area_of_mean_error(float(np.mean(errors / pixels))),
    }


def _family_recalls(measured: Table, rows: Int[np.ndarray, "images"]) -> dict[str, float]:
    hits = measured["family_hits"][rows].sum(axis=0)
    pixels = measured["family_pixels"][rows].sum(axis=0)
    recalls = np.full(len(HUE_FAMILIES), np.nan)
    np.divide(hits, pixels, out=recalls, where=pixels > 0)
    mean = float(recalls[pixels > 0].mean()) if pixels.any() else float("nan")
    return {"hue_family_recall": mean} | {
        family_measure(family): float(recall)
        for family, recall in zip(HUE_FAMILIES, recalls, strict=True)
    }


def _largest_excess(counts: Int[np.ndarray, "n"], true_counts: Int[np.ndarray, "n"]) -> float:
    if not counts.any() or not true_counts.any():
        return float("nan")
    share, true_share = counts / counts.sum(), true_counts / true_counts.sum()
    seen = (share >= _SEEN_SHARE) | (true_share >= _SEEN_SHARE)
    floor = 1 / true_counts.sum()  # a bin that truth lacks altogether counts as one pixel of it
    return float(np.max(share[seen] / np.maximum(true_share[seen], floor)))


def _median(values: Float[np.ndarray, "m"]) -> float:
    return _percentile(values, 50)


def _percentile(values: Float[np.ndarray, "m"], percent: float) -> float:
    # As np.percentile, at a tenth of its cost for so few numbers: the bootstrap asks 20,000 times.
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return float("nan")
    place = percent / 100 * (known.size - 1)
    below = int(place)
    above = min(below + 1, known.size - 1)
    return float(known[below] + (place - below) * (known[above] - known[below]))


def _over(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")


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
