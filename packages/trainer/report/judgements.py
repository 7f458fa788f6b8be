"""Verdicts on figures as text: against criteria, gray, and truth."""

from colorfiles.pages.parts import Judgement
from trainer.evaluation.criteria import MEMORIZED_LAYOUT, NO_INFORMATION_BITS, Verdict
from trainer.evaluation.criterion import Criterion
from trainer.evaluation.measures import MEASURES
from trainer.evaluation.result import Evaluation
from trainer.evaluation.summary import PREDICTION, TRUTH, Estimate

NOT_DEFINED = Judgement("not defined on these photos")


def of_verdict(verdict: Verdict, *, why: bool = True) -> Judgement:
    """Return whether a criterion is met, its range, and its reason if it is missed."""
    return of_criterion(verdict.criterion, verdict.value, why=why)


def of_criterion(criterion: Criterion, value: float | None, *, why: bool = True) -> Judgement:
    """Return the same for a single value."""
    if value is None:
        return NOT_DEFINED
    if criterion.holds(value):
        return Judgement(f"met: {criterion.range_text}", "good")
    reason = f": {criterion.why}" if why else ""
    return Judgement(f"missed: {criterion.range_text} is asked{reason}", "bad")


def of_measure(evaluation: Evaluation, name: str) -> Judgement:
    """Judge a figure of an evaluation.

    By its criterion where it has one, else against gray where more or less is better, else as a
    share of truth's.
    """
    for verdict in evaluation.verdicts:
        if verdict.measure == name:
            return of_verdict(verdict)
    minus_gray = evaluation.prediction_minus.get("gray", {}).get(name)
    if minus_gray is not None and name in MEASURES and MEASURES[name].aim != "truth":
        return against("gray", minus_gray, lower_is_better=MEASURES[name].aim == "low")
    variants = evaluation.variants
    if name not in variants[PREDICTION]:
        return Judgement("")
    value, truth = variants[PREDICTION][name].value, variants[TRUTH][name].value
    if value is None or not truth or name not in MEASURES or MEASURES[name].aim != "truth":
        return Judgement("")
    return Judgement(f"{100 * value / truth:.0f} % of truth's")


def against(what: str, difference: Estimate, *, lower_is_better: bool) -> Judgement:
    """Judge by its interval whether a difference to a baseline is significant."""
    if difference.value is None or difference.low is None or difference.high is None:
        return Judgement("")
    if difference.low <= 0 <= difference.high:
        return Judgement(f"no clear difference to {what}")
    better = (difference.value < 0) == lower_is_better
    return Judgement(f"{'better' if better else 'worse'} than {what}", "good" if better else "bad")


def of_probe(correlation: float) -> Judgement:
    """Judge the position probe on photos either way up."""
    if abs(correlation) < MEMORIZED_LAYOUT:
        return Judgement("colours follow the image", "good")
    return Judgement("colours follow the place in the image: a memorized layout", "bad")


def of_information(bits: float) -> Judgement:
    """Judge the bits of information on a pixel's bin."""
    if bits >= NO_INFORMATION_BITS:
        return Judgement("colours depend on the image", "good")
    return Judgement("the network hardly looks at the image", "bad")
