"""Criteria of a shipped network, each met or missed by the measured figures."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorcore.measures import HUE_FAMILIES
from trainer.evaluation.criteria import CRITERIA, FAMILY_SHARE
from trainer.evaluation.measure_labels import full_label
from trainer.evaluation.measures import family_measure

BASELINES = {"gray": "gray", "mean_uv": "mean colour", "most_frequent_bin": "most frequent bin"}
MOST_PROBE = 0.2
_SHARED = ("effective_colors_ratio", "largest_bin_excess", "grid")


@dataclass(frozen=True)
class Bars:
    """Criteria of one kind of photos, beside the common ones.

    Args:
        error_below_gray: CIEDE2000 by which gray is beaten; the mean colour by any.
        decibels_above_gray: PSNR in dB, likewise.
        area_above_baselines: class-balanced AuC above the best baseline's.
        hue_recall: least hue-family recall on average.
        colorfulness: least and greatest median ratio.
        dullest: least 10th percentile of that ratio.
        family_recall: least recall of each hue family that truth has enough of.
    """

    error_below_gray: float
    decibels_above_gray: float
    area_above_baselines: float
    hue_recall: float
    colorfulness: tuple[float, float]
    dullest: float
    family_recall: float


@dataclass(frozen=True)
class Verdict:
    """A criterion, the measured value with its 95 % interval, and whether it is met."""

    bar: str
    measured: str
    met: bool


def verdicts(evaluation: Mapping[str, Any], bars: Bars) -> list[Verdict]:
    """Judge one set's figures, from ``trainer evaluate --json``, by all criteria."""
    low, high = bars.colorfulness
    return [
        _below(evaluation, "gray", bars.error_below_gray),
        _below(evaluation, "mean_uv", 0.0),
        _above_gray(evaluation, bars.decibels_above_gray),
        _area(evaluation, bars.area_above_baselines),
        _in_range(evaluation, "hue_family_recall", bars.hue_recall, None),
        _families(evaluation, bars.family_recall),
        _in_range(evaluation, "colorfulness_ratio", low, high),
        _in_range(evaluation, "colorfulness_ratio_p10", bars.dullest, None),
        *(_in_range(evaluation, name, CRITERIA[name].low, CRITERIA[name].high) for name in _SHARED),
        _probe(evaluation),
    ]


def figure_text(estimate: Mapping[str, float | None], digits: int = 2) -> str:
    """Return a figure with its 95 % interval."""
    value, low, high = (estimate[part] for part in ("value", "low", "high"))
    if value is None:
        return "not defined"
    if low is None or high is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def family_rows(evaluation: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    """Return each hue family with its share of truth's coloured pixels and its recall."""
    by_name = {family["family"]: family for family in evaluation["hue_families"]}
    return [
        (
            family,
            by_name[family]["share_of_truth"],
            figure_text(_prediction(evaluation, family_measure(family))),
        )
        for family in HUE_FAMILIES
    ]


def _prediction(evaluation: Mapping[str, Any], measure: str) -> Mapping[str, float | None]:
    estimate: Mapping[str, float | None] = evaluation["variants"]["prediction"][measure]
    return estimate


def _in_range(
    evaluation: Mapping[str, Any], measure: str, low: float | None, high: float | None
) -> Verdict:
    estimate = _prediction(evaluation, measure)
    value = estimate["value"]
    if low is not None and high is not None:
        bounds = f"{low:g} to {high:g}"
    else:
        bounds = f"≥ {low:g}" if low is not None else f"≤ {high:g}"
    met = value is not None and (low is None or value >= low) and (high is None or value <= high)
    return Verdict(f"{full_label(measure)}: {bounds}", figure_text(estimate), met)


def _below(evaluation: Mapping[str, Any], baseline: str, least: float) -> Verdict:
    estimate = evaluation["prediction_minus"][baseline]["ciede2000"]
    value = estimate["value"]
    words = f"CIEDE2000 below {BASELINES[baseline]}'s" + (f" by ≥ {least:g}" if least else "")
    return Verdict(
        words, figure_text(estimate), value is not None and value < 0 and -value >= least
    )


def _above_gray(evaluation: Mapping[str, Any], least: float) -> Verdict:
    estimate = evaluation["prediction_minus"]["gray"]["psnr"]
    value = estimate["value"]
    words = f"PSNR above gray's by ≥ {least:g} dB"
    return Verdict(words, figure_text(estimate), value is not None and value >= least)


def _area(evaluation: Mapping[str, Any], least: float) -> Verdict:
    words = f"class-balanced AuC above the best baseline's by ≥ {least:g}"
    estimates = {name: evaluation["prediction_minus"][name]["auc_balanced"] for name in BASELINES}
    values = {name: _or_least(estimate["value"]) for name, estimate in estimates.items()}
    nearest = min(values, key=lambda name: values[name])
    measured = f"{figure_text(estimates[nearest], 3)}, {BASELINES[nearest]}"
    return Verdict(words, measured, values[nearest] >= least)


def _or_least(value: float | None) -> float:
    """Return a figure, or less than any where it isn't defined: that meets no bar."""
    return -math.inf if value is None else value


def _families(evaluation: Mapping[str, Any], least: float) -> Verdict:
    families = [f for f in evaluation["hue_families"] if f["share_of_truth"] >= FAMILY_SHARE]
    words = f"hue-family recall ≥ {least:g} in every family with ≥ 3 % of truth's pixels"
    if not families:
        return Verdict(words, "no family has that many", met=False)
    weakest = min(families, key=lambda family: family["recall"] or 0.0)
    estimate = _prediction(evaluation, family_measure(weakest["family"]))
    measured = f"weakest of {len(families)}: {weakest['family']} {figure_text(estimate)}"
    return Verdict(words, measured, (weakest["recall"] or 0.0) >= least)


def _probe(evaluation: Mapping[str, Any]) -> Verdict:
    strongest = float(evaluation["position_probe"]["strongest"])
    words = f"position probe: magnitude of r < {MOST_PROBE:g}"
    return Verdict(words, f"{strongest:.2f}", abs(strongest) < MOST_PROBE)
