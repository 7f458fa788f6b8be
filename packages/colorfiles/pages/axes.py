"""The axis of a chart: positions of values, and round tick values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_DECADES = 2  # an axis of so many or more has a tick for each power of ten alone


@dataclass(frozen=True)
class Tick:
    """A round number on an axis; ``at`` in per cent of its length."""

    at: float
    text: str


class Axis:
    """Places numbers on an axis of length 100.

    Args:
        values: that have to fit, at least one.
        log: a logarithmic axis.
        margin: room at both ends, as a share of the range.
    """

    def __init__(self, values: Sequence[float], *, log: bool = False, margin: float = 0.0) -> None:
        self._log = log
        low, high = min(values), max(values)
        if log:
            low, high = math.log10(max(low, 1e-12)), math.log10(max(high, 1e-12))
        if high - low < 1e-9:
            low, high = low - (abs(low) or 1) * 0.1, high + (abs(high) or 1) * 0.1
        room = margin * (high - low)
        self._low, self._high = low - room, high + room

    def place(self, value: float) -> float:
        """Return where a number lies, from 0 to 100."""
        at = math.log10(max(value, 1e-12)) if self._log else value
        return 100 * (at - self._low) / (self._high - self._low)

    def ticks(self, about: int = 4) -> list[Tick]:
        """Return about so many round numbers in range; powers of ten on a long logarithmic axis."""
        values = self._powers() if self._log else self._steps(about)
        return [Tick(round(self.place(value), 2), _written(value)) for value in values]

    def _powers(self) -> list[float]:
        factors = (1,) if self._high - self._low >= _DECADES else (1, 2, 5)
        powers = range(math.floor(self._low), math.ceil(self._high) + 1)
        values = [factor * 10.0**power for power in powers for factor in factors]
        return [v for v in values if self._low - 1e-9 <= math.log10(v) <= self._high + 1e-9]

    def _steps(self, about: int) -> list[float]:
        rough = (self._high - self._low) / about
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
        first = math.ceil(self._low / step - 1e-9)
        count = math.floor(self._high / step + 1e-9) - first + 1
        return [(first + i) * step for i in range(count)]


def _written(value: float) -> str:
    if abs(value) >= 10_000:
        for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if abs(value) >= size:
                return f"{value / size:.4g}{unit}"
    return f"{value:.6g}"
