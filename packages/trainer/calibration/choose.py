"""Choice of a run's decoding on held-out photos.

A network trained with rebalancing weights on a skewed palette predicts some bins too often and
others too rarely. Logit adjustment (Menon et al. 2021), fitted to the decoded colours, adds an
offset to the logits of each bin so that its share over many photos is that of truth. Temperature,
caution and saturation are then chosen by ``evaluation.criteria``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Float

from colorfiles.progress import ProgressCallback, silent
from colorunet.coloring.decoding import Decoding
from trainer.calibration.held_out import HeldOut
from trainer.evaluation.criteria import Verdict, cost, missed

TEMPERATURES = (1.0, 0.7, 0.5, 0.38, 0.28, 0.18)
CAUTIONS = (0.0, 0.1, 0.3, 0.5)
SATURATIONS = (0.8, 1.0, 1.2, 1.4)
STRENGTHS = (0.5, 1.0)  # of the offsets
_FINE_STEPS = (-0.1, -0.05, 0.05, 0.1)  # of the saturation, at last
_REFINED = 3  # decodings with offsets whose caution and saturation are varied too
_ROUNDS = 12  # of the iteration below
_RATE = 0.5  # damps each step
_LEAST_SHARE = 1e-3  # rarer bins aren't corrected
_VARIATIONS = len(CAUTIONS) * len(SATURATIONS)
DECODINGS = (
    len(TEMPERATURES) * (_VARIATIONS + _ROUNDS + len(STRENGTHS))
    + _REFINED * _VARIATIONS
    + len(_FINE_STEPS)
)


@dataclass(frozen=True)
class JudgedDecoding:
    """A decoding with its verdicts and error on each shard set, and its total cost.

    ``missed`` and ``cost`` are from a little inside the criteria, as other photos differ.
    """

    decoding: Decoding
    missed: float
    cost: float
    verdicts: list[list[Verdict]]
    ciede2000: list[float]


def matching_offsets(
    sets: Sequence[HeldOut], decoding: Decoding, n: int, *, report: ProgressCallback = silent
) -> Float[np.ndarray, "n"]:
    """Return offsets of the logits that match the bins' shares in predictions to truth's.

    The sets count alike, however many photos each has.
    """
    true_shares = np.mean([held.true_shares for held in sets], axis=0)
    offsets = np.zeros(n)
    for _ in range(_ROUNDS):
        how = replace(decoding, bin_offsets=tuple(offsets))
        painted_shares = np.mean([held.shares(how) for held in sets], axis=0)
        step = np.log((true_shares + _LEAST_SHARE) / (painted_shares + _LEAST_SHARE))
        offsets += _RATE * decoding.temperature * step
        offsets -= offsets.mean()
        report()
    return offsets


def choose(
    sets: Sequence[HeldOut], n: int, *, report: ProgressCallback = silent
) -> tuple[JudgedDecoding, list[JudgedDecoding]]:
    """Return the decoding of least cost over the sets, and all that were tried."""
    candidates: list[JudgedDecoding] = []

    def try_all(decodings: Iterable[Decoding]) -> None:
        for decoding in decodings:
            candidates.append(judged(sets, decoding))
            report()

    for temperature in TEMPERATURES:
        plain = Decoding(temperature)
        try_all(_variations(plain))
        offsets = matching_offsets(sets, plain, n, report=report)
        try_all(
            replace(plain, bin_offsets=tuple(float(x) for x in strength * offsets))
            for strength in STRENGTHS
        )
    with_offsets = [each for each in candidates if each.decoding.bin_offsets is not None]
    for candidate in sorted(with_offsets, key=_cost)[:_REFINED]:
        try_all(_variations(candidate.decoding))
    nearest = min(candidates, key=_cost).decoding
    try_all(
        replace(nearest, saturation=round(nearest.saturation + step, 3)) for step in _FINE_STEPS
    )
    return min(candidates, key=_cost), candidates


def _variations(decoding: Decoding) -> list[Decoding]:
    return [
        replace(decoding, caution=caution, saturation=saturation)
        for caution, saturation in product(CAUTIONS, SATURATIONS)
    ]


def judged(sets: Sequence[HeldOut], decoding: Decoding) -> JudgedDecoding:
    """Judge a decoding."""
    results = [held.judge(decoding) for held in sets]
    return JudgedDecoding(
        decoding,
        missed=sum(missed(of_set) for of_set, _ in results),
        cost=sum(cost(of_set, error) for of_set, error in results),
        verdicts=[of_set for of_set, _ in results],
        ciede2000=[error for _, error in results],
    )


def _cost(candidate: JudgedDecoding) -> float:
    return candidate.cost
