"""A criterion: the good range of a measure, and the reason for it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """Least and greatest good value of a measure (None: no bound), and the reason.

    ``relative`` marks bounds that depend on the photos, as gray's error does.
    """

    measure: str
    low: float | None
    high: float | None
    why: str
    relative: bool = False

    @property
    def range_text(self) -> str:
        """The range as text."""
        if self.high is None:
            return f"at least {self.low:.2f}"
        return (
            f"at most {self.high:.2f}" if self.low is None else f"{self.low:.2f} to {self.high:.2f}"
        )

    @property
    def band(self) -> tuple[float, float]:
        """The range for a chart; infinite where it is open."""
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    def holds(self, value: float | None) -> bool:
        """Whether a value lies in the range."""
        return self.shortfall(value) == 0

    def shortfall(self, value: float | None, *, inside: float = 0.0) -> float:
        """Return a value's distance from the range as a share of the missed bound: 0 (met) to 1.

        ``inside`` moves both bounds inward, by a share of each.
        """
        if value is None or not math.isfinite(value):
            return 1.0
        below = -math.inf if self.low is None else _share(self.low - value, self.low)
        above = -math.inf if self.high is None else _share(value - self.high, self.high)
        return min(1.0, max(0.0, below + inside, above + inside))


def _share(off: float, bound: float) -> float:
    """Return a distance as a share of a bound, also for a bound of 0."""
    return off / max(abs(bound), 1e-6)
