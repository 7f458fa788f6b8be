"""Slices, coverage and windows: every date is asked for, none waits for ever."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dataprep.sources.flickr.windows import BEGIN, END, Coverage, Density, Window, next_window
from dataprep.sources.flickr.windows import slices as all_slices

_NOW = 1_790_000_000


def test_slices_cover_all_dates_once():
    ordered = sorted(all_slices(), key=lambda window: window.start)
    assert (ordered[0].start, ordered[-1].stop) == (BEGIN, END)
    assert all(a.stop == b.start for a, b in pairwise(ordered))


def test_first_slices_are_spread_evenly_over_the_years():
    starts = sorted(window.start for window in all_slices()[:16])
    steps = {b - a for a, b in pairwise(starts[1:])}
    assert steps == {2**26}


_WINDOWS = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda w: Window(w[0], sum(w)))


@given(st.lists(_WINDOWS, max_size=12), st.integers(0, 90))
def test_coverage_reaches_as_far_as_its_windows_do(windows, at):
    coverage, known = Coverage(), set()
    for window in windows:
        coverage.add(window)
        known |= set(range(window.start, window.stop))
    reach = at
    while reach in known:
        reach += 1
    assert coverage.reach(at) == reach
    if at not in known:
        gap = coverage.gap(at)
        assert gap.start <= at < gap.stop
        assert not known & set(range(gap.start, min(gap.stop, 200)))
        assert gap.start == BEGIN or gap.start - 1 in known
        assert gap.stop == END or gap.stop in known


@settings(max_examples=60)
@given(
    dates=st.lists(
        st.integers(0, 2**32 - 1) | st.integers(1_500_000_000, 1_500_000_900), max_size=25
    ),
    told=st.sampled_from((0.0, 0.5, 1.0, 7.0, 1e6)),
)
def test_asking_window_after_window_ends_whatever_the_totals_say(dates, told):
    most = 3  # photos that a page holds
    coverage, crowded = Coverage(), [Window(BEGIN, END)]
    stretch = 1.0
    for _ in range(3_000):
        at = coverage.reach(BEGIN)
        if at >= END:
            return
        around = min((w for w in crowded if w.start <= at < w.stop), key=lambda w: w.width)
        tail = any(w.stop == END and w.start > BEGIN for w in crowded)
        density = Density(around, int(len(dates) * told), stretch, tail)
        gap = coverage.gap(at)
        window = next_window(at, gap, density, crowd=None, now=_NOW, slice_width=2**20)
        assert gap.start <= window.start <= at < window.stop <= gap.stop
        inside = sum(window.start <= date < window.stop for date in dates)
        if inside <= most or window.width == 1:
            coverage.add(window)
            stretch *= 4
        else:
            crowded.append(window)
            stretch = max(1.0, stretch / 4)
    raise AssertionError("no end")
