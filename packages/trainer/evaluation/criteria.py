"""Criteria of the measures, and the distance of figures from them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from colorcore.measures import HUE_FAMILIES
from trainer.evaluation.criterion import Criterion
from trainer.evaluation.measures import MEASURES, family_measure

FAMILY_SHARE = 0.03  # a hue family counts where truth gives it this much of its coloured pixels
MEMORIZED_LAYOUT = 0.3  # correlation of colour with the row, on photos either way up
NO_INFORMATION_BITS = 0.1  # a pixel; a network with less gives every image about the same answer
_AIM_INSIDE = 0.04  # of a ratio: a margin, as other photos differ a little
_DECIBELS_ABOVE_GRAY = 0.5  # of PSNR by which colours have to beat gray
_ERROR_BELOW_GRAY = 0.5  # of CIEDE2000, where a difference of 1 is just noticeable
_MOST_OF_ONE = 0.25  # larger misses count as this, so that none outweighs all others
_ERROR_WEIGHT = 0.15  # a unit of CIEDE2000 counts like a criterion missed by 15 per cent


CRITERIA = {name: m.criterion for name, m in MEASURES.items() if m.criterion is not None}
FAMILY_RECALL = 0.25  # of each family; chance is a quarter, as 90 of 360 degrees count
_OF_NEIGHBORS = "grid"
_FAMILY_WHY = "no hue that the photos have is given up"


@dataclass(frozen=True)
class Verdict:
    """A criterion and the measured value; None if that is undefined."""

    criterion: Criterion
    value: float | None

    @property
    def measure(self) -> str:
        """Name of the measure."""
        return self.criterion.measure

    @property
    def is_met(self) -> bool:
        """Whether the value lies in the range."""
        return self.criterion.holds(self.value)

    @property
    def distance(self) -> float:
        """Distance of the value from the target, which lies a little inside the range."""
        inside = 0.0 if self.criterion.relative else _AIM_INSIDE
        return self.criterion.shortfall(self.value, inside=inside)


def criteria_of(
    gray: Mapping[str, float | None],
    family_shares: Mapping[str, float],
    *,
    thinned: bool = False,
) -> list[Criterion]:
    """Return all criteria for a set of photos.

    Args:
        gray: the figures of the gray image, by measure.
        family_shares: of truth's coloured pixels, by hue family.
        thinned: the figures are of every n-th pixel, which have no neighbours to show a grid.
    """
    error, decibels = _finite(gray["ciede2000"]), _finite(gray["psnr"])
    nearer = "wrong colours cost more than none"
    return [
        *(one for name, one in CRITERIA.items() if not (thinned and name == _OF_NEIGHBORS)),
        *(
            Criterion(family_measure(family), FAMILY_RECALL, None, _FAMILY_WHY)
            for family in HUE_FAMILIES
            if family_shares.get(family, 0.0) >= FAMILY_SHARE
        ),
        Criterion("ciede2000", None, (error or 0.0) - _ERROR_BELOW_GRAY, nearer, relative=True),
        Criterion("psnr", (decibels or 0.0) + _DECIBELS_ABOVE_GRAY, None, nearer, relative=True),
    ]


def verdicts(figures: Mapping[str, float | None], criteria: Iterable[Criterion]) -> list[Verdict]:
    """Return the verdict of each criterion on figures, by measure."""
    return [Verdict(criterion, _finite(figures[criterion.measure])) for criterion in criteria]


def missed(verdicts: Sequence[Verdict]) -> float:
    """Return the sum of the verdicts' shortfalls; 0 if all criteria are met with a margin."""
    return sum(min(_MOST_OF_ONE, verdict.distance) for verdict in verdicts)


def cost(verdicts: Sequence[Verdict], error: float) -> float:
    """Return the cost that the choice of a decoding minimises: missed criteria and CIEDE2000."""
    return missed(verdicts) + _ERROR_WEIGHT * error


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
