"""The criteria that a shipped network is held to, each met or missed by the measured figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorcore.measures import HUE_FAMILIES
from trainer.evaluation.bars import FAMILY_RECALL, FAMILY_SHARE, RANGES
from trainer.evaluation.definitions import family_measure

BASELINES = {"gray": "gray", "mean_uv": "mean colour", "most_frequent_bin": "most frequent bin"}
_BETTER_HIGH = {"auc_balanced": True, "macro_recall": True, "ciede2000": False}
_LABELS = {
    "auc_balanced": "class-balanced AuC",
    "macro_recall": "macro recall",
    "ciede2000": "mean CIEDE2000",
}
_RANGE_LABELS = {
    "effective_colors_ratio": "median effective colours / quantised truth's",
    "colorfulness_ratio": "colourfulness ratio, median",
    "colorfulness_ratio_p10": "colourfulness ratio, 10th percentile",
    "chroma_spread_ratio": "chroma spread ratio, median",
    "hue_coverage_ratio": "hue coverage / truth's",
    "hue_family_recall": "hue-family recall, mean",
    "largest_bin_excess": "largest share of a bin / truth's",
}


@dataclass(frozen=True)
class Verdict:
    """A criterion, what was measured (with its 95 % interval), and whether that meets it."""

    criterion: str
    measured: str
    met: bool


def verdicts(
    evaluation: Mapping[str, Any],
    at_one: Mapping[str, Any],
    others: Mapping[str, Mapping[str, Any]],
) -> list[Verdict]:
    """Hold one set's figures against every criterion.

    Args:
        evaluation: what ``trainer evaluate --json`` printed, at the shipped decoding.
        at_one: the same at temperature 1 and saturation 1.
        others: the same of other networks on the same samples, by name.
    """
    results = [_distinct(evaluation)]
    results += [_in_range(evaluation, name) for name in RANGES]
    results += [_families(evaluation), _probe(evaluation)]
    results += [
        _against_gray(evaluation, 0.5, "at the shipped decoding"),
        _against_gray(at_one, 1.5, "at temperature 1"),
    ]
    for measure in _BETTER_HIGH:
        results += [_against_baseline(evaluation, measure, name) for name in BASELINES]
        results += [_against(evaluation, measure, other, named) for named, other in others.items()]
    return results


def figure_text(estimate: Mapping[str, float | None], digits: int = 2) -> str:
    """Return a figure with its 95 % interval."""
    value, low, high = (estimate[part] for part in ("value", "low", "high"))
    if value is None:
        return "not defined"
    if low is None or high is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _prediction(evaluation: Mapping[str, Any], measure: str) -> Mapping[str, float | None]:
    estimate: Mapping[str, float | None] = evaluation["variants"]["prediction"][measure]
    return estimate


def _in_range(evaluation: Mapping[str, Any], measure: str) -> Verdict:
    label, (low, high) = _RANGE_LABELS[measure], RANGES[measure]
    estimate = _prediction(evaluation, measure)
    value = estimate["value"]
    if low is not None and high is not None:
        criterion = f"{low:g} to {high:g}"
    else:
        criterion = f"≥ {low:g}" if low is not None else f"≤ {high:g}"
    met = value is not None and (low is None or value >= low) and (high is None or value <= high)
    return Verdict(f"{label}: {criterion}", figure_text(estimate), met)


def _distinct(evaluation: Mapping[str, Any]) -> Verdict:
    estimate = _prediction(evaluation, "distinct_colors")
    value = estimate["value"] or 0.0
    ceiling = evaluation["variants"]["quantized_truth"]["distinct_colors"]["value"] or 0.0
    return Verdict(
        "distinct colours, median: ≥ 5 and within 1 of quantised truth's",
        f"{figure_text(estimate, 1)}; quantised truth {ceiling:.1f}",
        value >= 5 and abs(value - ceiling) <= 1,
    )


def _families(evaluation: Mapping[str, Any]) -> Verdict:
    common = [f for f in evaluation["hue_families"] if f["share_of_truth"] >= FAMILY_SHARE]
    words = f"hue-family recall: ≥ {FAMILY_RECALL} in every family with ≥ 3 % of truth's pixels"
    if not common:
        return Verdict(words, "no family has that many", False)
    weakest = min(common, key=lambda family: family["recall"] or 0.0)
    estimate = _prediction(evaluation, family_measure(weakest["family"]))
    weakest_text = f"weakest of {len(common)}: {weakest['family']} {figure_text(estimate)}"
    return Verdict(words, weakest_text, (weakest["recall"] or 0.0) >= FAMILY_RECALL)


def _probe(evaluation: Mapping[str, Any]) -> Verdict:
    strongest = float(evaluation["position_probe"]["strongest"])
    return Verdict("position probe: magnitude of r < 0.3", f"{strongest:.2f}", abs(strongest) < 0.3)


def _against_gray(evaluation: Mapping[str, Any], least: float, where: str) -> Verdict:
    estimate = evaluation["prediction_minus"]["gray"]["psnr"]
    value = estimate["value"]
    words = f"PSNR above gray's, {where}: ≥ {least:g} dB"
    return Verdict(words, figure_text(estimate), value is not None and value >= least)


def _against_baseline(evaluation: Mapping[str, Any], measure: str, name: str) -> Verdict:
    estimate = evaluation["prediction_minus"][name][measure]
    bound = estimate["low" if _BETTER_HIGH[measure] else "high"]
    better = bound is not None and (bound > 0 if _BETTER_HIGH[measure] else bound < 0)
    words = f"{_LABELS[measure]} better than {BASELINES[name]}'s by more than the interval"
    return Verdict(words, f"difference {figure_text(estimate, 3)}", better)


def _against(
    evaluation: Mapping[str, Any], measure: str, other: Mapping[str, Any], name: str
) -> Verdict:
    """Intervals that don't touch: the two weren't drawn together, so this is the stricter test."""
    own, its = _prediction(evaluation, measure), _prediction(other, measure)
    more, less = (own, its) if _BETTER_HIGH[measure] else (its, own)
    low, high = more["low"], less["high"]
    better = low is not None and high is not None and low > high
    words = f"{_LABELS[measure]} better than that of {name}, intervals apart"
    return Verdict(words, f"{figure_text(own, 3)}; {name} {figure_text(its, 3)}", better)


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
