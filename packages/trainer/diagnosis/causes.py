"""The six causes of missing colours, each judged by the evidence."""

from collections.abc import Callable
from dataclasses import dataclass

from trainer.diagnosis.evidence import Evidence
from trainer.evaluation.criteria import MEMORIZED_LAYOUT, NO_INFORMATION_BITS
from trainer.evaluation.summary import CEILING, PREDICTION

_POOR_RMS_RATIO = 1.6  # even 10 × 10 grid: about 2; k-means: about 1
_NEUTRAL_REACH = 0.03  # below it a bin can't be distinguished from gray
_NO_SPREAD = 0.25  # of truth's: mean colours hardly differ between images
_MUTED = 0.8  # of truth's colourfulness
_STILL_FALLING = 0.1  # share of the whole fall in the last quarter of the steps
_FEW_VIEWS = 20_000  # samples seen, below which a fit counts as short
_LITTLE_GAIN, _SOME_GAIN = 0.1, 0.5
_UNMARKED, _NEARER, _TELLING_TILT, _CERTAIN = 0.3, 0.6, 0.15, 0.5


@dataclass(frozen=True)
class Symptom:
    """A cause, whether it was found, and the figures behind the verdict."""

    cause: str
    found: bool
    evidence: str


def palette_too_poor(e: Evidence) -> Symptom:
    """Judge whether the bins can't represent these photos' colours."""
    facts = e.palette
    effective = _value(e, CEILING, "effective_colors")
    words = [
        f"nearest bin to gray {facts.neutral_distance:.3f} away",
        f"true colours rounded to the palette: median {effective:.1f} effective colours",
    ]
    poor = facts.neutral_distance > _NEUTRAL_REACH
    if facts.rms_error is not None and facts.reachable_rms_error is not None:
        ratio = facts.rms_error / max(facts.reachable_rms_error, 1e-9)
        poor = poor or ratio > _POOR_RMS_RATIO
        words.insert(
            0,
            f"rounding error {facts.rms_error:.3f} in UV, {ratio:.1f} × that of 32 k-means bins of "
            "these photos",
        )
    return Symptom("palette too poor", poor, "; ".join(words))


def prior_only(e: Evidence) -> Symptom:
    """Judge whether the network predicts the same for every image."""
    bits, spread = (
        e.evaluation.information_bits,
        _value(e, PREDICTION, "between_image_spread_ratio"),
    )
    return Symptom(
        "prior only",
        bits < NO_INFORMATION_BITS and spread < _NO_SPREAD,
        f"{bits:.3f} bits a pixel given by the image; spread between images {spread:.2f} of "
        f"truth's; mean prediction {e.prior_distance:.2f} from the prior (0 equal, 1 disjoint)",
    )


def memorized_layout(e: Evidence) -> Symptom:
    """Judge whether colour depends on the position, not on the content."""
    probe = e.evaluation.position_probe
    # Judged on photos: plain gray is unlike any, and what a network does at its border shows there.
    return Symptom(
        "memorized layout",
        abs(probe.flipped) >= MEMORIZED_LAYOUT,
        f"correlation of colour with the row: {probe.gray:+.2f} on plain gray, "
        f"{probe.flipped:+.2f} on photos either way up (what comes from the content cancels)",
    )


def weights_not_reaching(e: Evidence) -> Symptom:
    """Judge whether the rebalancing weights have no effect on the predictions."""
    facts = e.weights
    conclusive = facts.tilt > _TELLING_TILT and facts.certainty < _CERTAIN
    unmarked = facts.mark < _UNMARKED and facts.apart_without < _NEARER * facts.apart_with
    words = (
        f"λ = {facts.lam:g}; mean prediction {facts.apart_without:.2f} from the photos' own "
        f"shares, {facts.apart_with:.2f} from the weighted ones; mark of the weights "
        f"{facts.mark:.2f} (1 full, 0 none)"
    )
    if not conclusive:
        words += "; not judged: " + (
            "the weights ask for hardly anything"
            if facts.tilt <= _TELLING_TILT
            else "the network is too sure of these photos"
        )
    return Symptom("weights not reaching the loss", conclusive and unmarked, words)


def under_trained(e: Evidence) -> Symptom:
    """Judge whether training stopped while the loss was still falling."""
    facts = e.loss
    words = [f"{facts.steps:,} steps, {facts.views:,} samples seen"]
    little = False
    if facts.gain is not None:
        words.append(
            f"{facts.split} loss {100 * facts.gain:.0f} % of the way from the prior to perfect"
        )
        little = facts.gain < _LITTLE_GAIN and facts.views < _FEW_VIEWS
    falling = False
    if facts.late_fall is not None:
        words.append(f"{100 * facts.late_fall:.0f} % of its fall came in the last quarter")
        falling = facts.late_fall > _STILL_FALLING and (facts.gain or 0.0) < _SOME_GAIN
    if facts.gain is None:
        words.append("no metrics.jsonl")
        little = facts.views < _FEW_VIEWS and e.evaluation.information_bits < NO_INFORMATION_BITS
    return Symptom("under-trained", little or falling, "; ".join(words))


def decoding_too_warm(e: Evidence) -> Symptom:
    """Judge whether the mean over bins washes out colours that the network predicts."""
    now = _value(e, PREDICTION, "colorfulness_ratio")
    temperature = e.evaluation.decoding.temperature
    cooler = [
        (point.measures["colorfulness_ratio"] or 0.0, point.temperature)
        for point in e.evaluation.sweep
        if point.temperature < temperature
    ]
    best, at = max(cooler, default=(0.0, temperature))
    known = e.evaluation.information_bits >= NO_INFORMATION_BITS
    return Symptom(
        "decoding too warm",
        known and now < _MUTED and best >= _MUTED and best > 1.2 * now,
        f"colourfulness {now:.2f} of truth's at T = {temperature:g}, {best:.2f} at T = {at:g}; "
        f"{e.evaluation.information_bits:.2f} bits a pixel known",
    )


CAUSES: dict[str, Callable[[Evidence], Symptom]] = {
    "palette too poor": palette_too_poor,
    "prior only": prior_only,
    "memorized layout": memorized_layout,
    "weights not reaching the loss": weights_not_reaching,
    "under-trained": under_trained,
    "decoding too warm": decoding_too_warm,
}


def _value(e: Evidence, variant: str, name: str) -> float:
    value = e.evaluation.variants[variant][name].value
    return float("nan") if value is None else value
