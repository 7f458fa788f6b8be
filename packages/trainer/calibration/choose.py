"""Decoding that suits a run: temperature, saturation and bin offsets, chosen on held-out photos.

A network trained with rebalancing weights on a skewed palette prefers some bins and shuns others.
Adding a number to the logits of each bin, so that over many photos each is painted as often as
truth has it, is logit adjustment (Menon et al. 2021) fitted to the decoded colours; temperature,
saturation and contrast are then chosen by how far the figures fall short of ``evaluation.bars``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from colorunet.prediction.colorizer import Decoding
from trainer.calibration.held_out import HeldOut
from trainer.evaluation.bars import Bar

TEMPERATURES = (1.0, 0.7, 0.5, 0.38, 0.3, 0.24, 0.18)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the offsets
SATURATIONS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
CONTRASTS = (0.0, 0.15, 0.25, 0.35)
_FINE_STEPS = (-0.06, -0.04, -0.02, 0.02, 0.04, 0.06)  # of the saturation, at last
_ROUNDS = 12
_RATE = 0.5
_LEAST_SHARE = 1e-3  # bins rarer than this aren't chased
_REFINED = 3  # candidates whose saturation is looked at too
STAGES = len(TEMPERATURES) + _REFINED * len(CONTRASTS) + 1
_MOST_OF_A_BAR = 0.25  # a bar missed by more is missed: none may outweigh all others
_CIEDE_WEIGHT = 1e-2  # a unit of error counts like a bar missed by one per cent


@dataclass(frozen=True)
class Candidate:
    """A decoding, how far it falls short in sum, and its bars on each shard set.

    ``missed`` is from a little inside the bars, since other photos come out a little different.
    """

    decoding: Decoding
    missed: float
    bars: list[list[Bar]]


def matching_offsets(sets: Sequence[HeldOut], decoding: Decoding, n: int) -> Float[np.ndarray, "n"]:
    """Return what to add to the logits so that bins are painted as often as truth has them.

    The sets count alike, however many photos each has.
    """
    wanted = np.mean([held.true_shares for held in sets], axis=0)
    offsets = np.zeros(n)
    for _ in range(_ROUNDS):
        how = replace(decoding, bin_offsets=tuple(offsets))
        painted = np.mean([held.shares(how) for held in sets], axis=0)
        step = np.log((wanted + _LEAST_SHARE) / (painted + _LEAST_SHARE))
        offsets += _RATE * decoding.temperature * step
        offsets -= offsets.mean()
    return offsets


def choose(sets: Sequence[HeldOut], n: int, *, report: Callable[[], None]) -> Candidate:
    """Return the decoding that falls least short of the bars, summed over the sets."""
    tried = []
    for temperature in TEMPERATURES:
        plain = Decoding(temperature=temperature)
        offsets = matching_offsets(sets, plain, n)
        for strength in STRENGTHS:
            added = tuple(float(x) for x in strength * offsets) if strength else None
            tried.append(judged(sets, replace(plain, bin_offsets=added)))
        report()
    best = sorted(tried, key=_order)[:_REFINED]
    for _, candidate in best:
        for contrast in CONTRASTS:
            plain = replace(candidate.decoding, contrast=contrast)
            tried += [_with_saturation(sets, plain, saturation) for saturation in SATURATIONS]
            report()
    _, nearest = min(tried, key=_order)
    around = [nearest.decoding.saturation + step for step in _FINE_STEPS]
    tried += [_with_saturation(sets, nearest.decoding, saturation) for saturation in around]
    report()
    return min(tried, key=_order)[1]


def _order(judged_candidate: tuple[float, Candidate]) -> float:
    return judged_candidate[0]


def _with_saturation(
    sets: Sequence[HeldOut], decoding: Decoding, saturation: float
) -> tuple[float, Candidate]:
    return judged(sets, replace(decoding, saturation=round(saturation, 3)))


def judged(sets: Sequence[HeldOut], decoding: Decoding) -> tuple[float, Candidate]:
    """Return how good a decoding is, lower is better, and what it comes to."""
    results = [held.judge(decoding) for held in sets]
    missed = sum(min(_MOST_OF_A_BAR, bar.distance) for found, _ in results for bar in found)
    order = missed + _CIEDE_WEIGHT * sum(error for _, error in results)
    return order, Candidate(decoding, missed, [found for found, _ in results])
