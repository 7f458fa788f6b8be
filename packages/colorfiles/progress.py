"""Progress of long work on stderr: count, rate, time left, note; as a bar or lines."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from colorfiles.outside.words import shown

_OFF = "COLORUNET_NO_PROGRESS"  # for logs of results and errors only
_FIRST_LINE_S = 3.0  # a first estimate early; work that is done by then needs no line
_EVERY_S = 10.0  # between lines where stderr is no terminal
_RATE_LINES = 3  # the rate is that since so many lines ago, so that it follows what changes


class ProgressCallback(Protocol):
    """Receives the progress of long work: a number of finished items, and a note."""

    def __call__(self, advance: int = 1, *, note: str | None = None) -> None:
        """Advance by some items; a note replaces the last one."""


def silent(advance: int = 1, *, note: str | None = None) -> None:
    """ProgressCallback that shows nothing."""


@contextmanager
def progress(title: str, total: int | None) -> Iterator[ProgressCallback]:
    """Show progress on stderr while the block runs.

    On a terminal it is a bar. Elsewhere, such as in a log, it is a line after 3 s and every 10 s
    from then on; work that takes less time prints none, and ``COLORUNET_NO_PROGRESS`` in the
    environment leaves the lines out. Without a stderr nothing is shown.
    """
    if sys.stderr is None:
        yield silent
    elif sys.stderr.isatty():
        with _bar(title, total) as report:
            yield report
    elif os.environ.get(_OFF):
        yield silent
    else:
        yield _Lines(title, total, time.monotonic)


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[ProgressCallback]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(title, total=total, note="")

        def report(advance: int = 1, *, note: str | None = None) -> None:
            bars.advance(task, advance)
            if note is not None:
                bars.update(task, note=shown(note))

        yield report


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f}/s" if task.speed else "", style="cyan")


class _Lines:
    """Progress as lines of text: ``measuring 40 of 100, 2.5/s, 24 s left``.

    A first report of more than one item counts as work of an earlier call, which is left out of
    the rate.
    """

    def __init__(self, title: str, total: int | None, clock: Callable[[], float]) -> None:
        self._title, self._total, self._clock = title, total, clock
        self._done, self._note = 0, ""
        self._due = clock() + _FIRST_LINE_S
        self._marks = deque([(clock(), 0)], maxlen=_RATE_LINES)

    def __call__(self, advance: int = 1, *, note: str | None = None) -> None:
        now = self._clock()
        if not self._done and advance > 1:
            self._marks[0] = (now, advance)
        self._done += advance
        self._note = self._note if note is None else shown(note)
        if now >= self._due:
            self._due = now + _EVERY_S
            print(self._line(now), file=sys.stderr, flush=True)
            self._marks.append((now, self._done))

    def _line(self, now: float) -> str:
        since, before = self._marks[0]
        words = [f"{self._title} {self._done:,}"]
        if self._total:
            words[0] += f" of {self._total:,}"
        if self._done > before and now > since:
            rate = (self._done - before) / (now - since)
            words.append(f"{rate:,.3g}/s" if rate < 1 else f"{rate:,.1f}/s")
            if self._total:
                words.append(f"{duration(max(0, self._total - self._done) / rate)} left")
        return ", ".join(filter(None, (*words, self._note)))


def duration(seconds: float) -> str:
    """Return a length of time in the unit that suits it, such as ``24 s`` or ``3 min``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
