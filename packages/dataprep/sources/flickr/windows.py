"""Upload-date windows: coverage, and the next one to query."""

from bisect import bisect_right
from dataclasses import dataclass, field

BEGIN, END = 0, 2**32  # seconds since 1970; a window that reaches either end has no limit there
_FLICKR_BEGINS, _SLICES_END = 2**30, 2**31  # January 2004 to January 2038
_SLICE_BITS = 10  # 1,024 slices of upload dates, each of about twelve days
WANTED_PER_WINDOW = 300  # well below the 500 of a page


@dataclass(frozen=True)
class Window:
    """Upload dates from ``start`` up to, not including, ``stop``."""

    start: int
    stop: int

    @property
    def width(self) -> int:
        """Its length in seconds."""
        return self.stop - self.start


def slices() -> list[Window]:
    """Return 1,024 slices of about twelve days in bit-reversed order.

    Every prefix of that order is spread evenly over Flickr's years, so a fetch that stops early has
    photos of all years and seasons. The outer slices include all earlier and later dates.
    """
    count = 2**_SLICE_BITS
    width = (_SLICES_END - _FLICKR_BEGINS) // count
    ordered = []
    for position in range(count):
        index = int(f"{position:0{_SLICE_BITS}b}"[::-1], 2)
        start = _FLICKR_BEGINS + index * width
        ordered.append(
            Window(BEGIN if index == 0 else start, END if index == count - 1 else start + width)
        )
    return ordered


@dataclass
class Coverage:
    """The upload dates whose photos are all known: disjoint windows, sorted."""

    _starts: list[int] = field(default_factory=list)
    _stops: list[int] = field(default_factory=list)

    def add(self, window: Window) -> None:
        """Add a window whose photos are all known."""
        first = bisect_right(self._stops, window.start - 1)
        last = bisect_right(self._starts, window.stop)
        start = min([window.start, *self._starts[first:last]])
        stop = max([window.stop, *self._stops[first:last]])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]

    def reach(self, at: int) -> int:
        """Return the end of the known dates from ``at`` on; ``at`` itself if it is unknown."""
        index = bisect_right(self._starts, at) - 1
        return max(at, self._stops[index]) if index >= 0 else at

    def gap(self, at: int) -> Window:
        """Return the unknown window around the unknown date ``at``."""
        index = bisect_right(self._starts, at)
        return Window(
            self._stops[index - 1] if index else BEGIN,
            self._starts[index] if index < len(self._starts) else END,
        )


@dataclass(frozen=True)
class Density:
    """Estimated density of photos around a date.

    Args:
        crowded: the narrowest window around it that held more than a page, if any.
        total: its number of photos as Flickr states it, an estimate.
        stretch: correction factor of the width, from the last answers.
        tail_crowded: whether a window up to the end of time held more than a page.
    """

    crowded: Window | None
    total: int
    stretch: float = 1.0
    tail_crowded: bool = False


def next_window(
    at: int, gap: Window, density: Density, *, crowd: int | None, now: int, slice_width: int
) -> Window:
    """Return a window from ``at`` on that likely holds somewhat less than a page.

    The guess affects only the number of calls, not the photos.

    Args:
        at: the first date that isn't known.
        gap: the unknown window around it.
        density: how many photos lie around.
        crowd: date of the photo with which the window would hold ``WANTED_PER_WINDOW`` of those
            known of already, if there are so many.
        now: today; beyond it there is nothing to expect.
        slice_width: windows wider than this reach back as well, into the gap before.
    """
    if density.crowded is None:
        return Window(BEGIN, END)
    likely = Window(
        max(density.crowded.start, min(_FLICKR_BEGINS, at)),
        density.crowded.stop if at > now else max(min(density.crowded.stop, now + 1), at + 1),
    )
    width = density.stretch * WANTED_PER_WINDOW * likely.width / max(1, density.total)
    half = max(1, density.crowded.width // 2)  # at most half as wide, whatever the total
    stop = at + max(1, min(int(min(width, END)), half))
    start = at
    if at < _FLICKR_BEGINS < density.crowded.stop - half:
        stop = _FLICKR_BEGINS
    elif crowd is not None:
        # Not the very second of the crowd: it may hold more than a page.
        stop = max(at + 1, min(stop, crowd - 1))
    elif stop > now and not density.tail_crowded:
        stop = END
    elif stop - at > slice_width:
        start = max(gap.start, at - (stop - at) // 2)
    return Window(start, min(stop, gap.stop))
