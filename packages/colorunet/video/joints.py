"""Timestamps of concatenated clips: their clocks restart, the output's continues."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

_BACK = Fraction(1)  # seconds that decoding times may fall back by without a new clock
_FORTH = Fraction(10)  # seconds that they may jump forth; FFmpeg's own bound
_CLOCKED = ("mpegts", "mpeg")  # containers whose clock may change on the way


@dataclass
class Joints:
    """Places where a clip's clock restarts.

    They are found in the coloured stream; other streams are shifted by the same amounts, so that
    sound stays in sync.

    Args:
        shifts: seconds that are added to times, by the number of joints before.
    """

    shifts: list[Fraction] = field(default_factory=lambda: [Fraction(0)])

    @property
    def count(self) -> int:
        """Number of restarts."""
        return len(self.shifts) - 1


class Clock:
    """Maps the packets of a clip to one continuous clock, in file order.

    Args:
        container: PyAV's, of the clip.
        film: the index of the stream that is coloured.
        joints: what the pass over that stream found; that pass itself adds to it.
    """

    def __init__(self, container: Any, film: int, joints: Joints) -> None:
        self._changes = container.format.name in _CLOCKED
        self._film = film
        self._joints = joints
        self._number: dict[int, int] = {}
        self._last: dict[int, Fraction] = {}

    def put(self, packet: Any) -> None:
        """Change a packet's times to the continuous clock."""
        if not self._changes or packet.dts is None:
            return
        index, base = packet.stream.index, Fraction(packet.time_base)
        now = packet.dts * base
        number = self._number.get(index, 0)
        if packet.stream.type not in ("video", "audio"):  # sparse: where the others are
            number = max(self._number.values(), default=0)
        elif index in self._last and not -_BACK <= now - self._last[index] <= _FORTH:
            number += 1
            if index == self._film and number > self._joints.count:
                end = self._last[index] + (packet.duration or 0) * base
                self._joints.shifts.append(self._joints.shifts[-1] + end - now)
        self._number[index], self._last[index] = number, now
        shift = round(self._joints.shifts[min(number, self._joints.count)] / base)
        packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift
