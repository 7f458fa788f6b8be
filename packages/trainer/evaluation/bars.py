"""What is asked of a colouriser's figures, and how far one falls short."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from colorcore.measures import HUE_FAMILIES
from trainer.evaluation.definitions import family_measure

FAMILY_SHARE = 0.03  # a hue family counts where truth gives it this much of its coloured pixels
FAMILY_RECALL = 0.2
_MARGIN = 0.04  # of a ratio: other photos come out a little different
# The least and the greatest good value of the measures whose bar is the same for every data set.
RANGES: dict[str, tuple[float | None, float | None]] = {
    "effective_colors_ratio": (0.85, None),
    "colorfulness_ratio": (0.85, 1.1),
    "colorfulness_ratio_p10": (0.5, None),
    "chroma_spread_ratio": (0.8, None),
    "hue_coverage_ratio": (0.8, None),
    "hue_family_recall": (0.35, None),
    "largest_bin_excess": (None, 3.0),
}
_DISTINCT_APART = 1.0
_DECIBELS_ABOVE_GRAY = 0.5


@dataclass(frozen=True)
class Bar:
    """A measure's least and greatest good value, and the value found; None where there is none.

    ``margin`` is how far inside the two, as a share of them, one should aim.
    """

    measure: str
    value: float | None
    low: float | None = None
    high: float | None = None
    margin: float = 0.0

    @property
    def is_met(self) -> bool:
        """Whether the value lies between the two."""
        return self.shortfall == 0

    @property
    def shortfall(self) -> float:
        """How far the value is off, as a share of the bound that it misses: 0 (met) to 1."""
        return self._short_by(0.0)

    @property
    def distance(self) -> float:
        """The same from where one should aim, inside the bounds: 0 well inside."""
        return self._short_by(self.margin)

    def _short_by(self, margin: float) -> float:
        if self.value is None:
            return 1.0
        below = -math.inf if self.low is None else (self.low - self.value) / abs(self.low)
        above = -math.inf if self.high is None else (self.value - self.high) / abs(self.high)
        return min(1.0, max(0.0, below + margin, above + margin))


def bars(
    prediction: Mapping[str, float],
    *,
    ceiling: Mapping[str, float],
    gray: Mapping[str, float],
    family_shares: Mapping[str, float],
) -> list[Bar]:
    """Return the bars of one data set: diversity, hue families, no flood of one bin, gray beaten.

    Args:
        prediction: the figures by measure, as ``summarize`` gives them.
        ceiling: those of quantised truth.
        gray: those of the gray image.
        family_shares: of truth's coloured pixels, by hue family.
    """
    distinct = ceiling["distinct_colors"]
    bounds = RANGES | {
        family_measure(family): (FAMILY_RECALL, None)
        for family in HUE_FAMILIES
        if family_shares.get(family, 0.0) >= FAMILY_SHARE
    }
    bounds |= {
        "distinct_colors": (max(5.0, distinct - _DISTINCT_APART), distinct + _DISTINCT_APART),
        "psnr": (gray["psnr"] + _DECIBELS_ABOVE_GRAY, None),
    }
    return [
        Bar(
            name,
            prediction[name] if math.isfinite(prediction[name]) else None,
            low,
            high,
            margin=_MARGIN if name in RANGES else 0.0,
        )
        for name, (low, high) in bounds.items()
    ]
