"""Progress of long work on stderr: count, rate, time left, and what was found on the way."""

import sys
import time
from collections.abc import Iterator
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


class ProgressCallback(Protocol):
    """What long work tells of itself: how many items more, and words about them."""

    def __call__(self, advance: int = 1, *, note: str | None = None) -> None:
        """Advance by some items; a note replaces the last one."""


def silent(advance: int = 1, *, note: str | None = None) -> None:
    """ProgressCallback to nobody."""


@contextmanager
def progress(title: str, total: int | None) -> Iterator[ProgressCallback]:
    """Show a bar while the block runs; on a terminal only, and on stderr."""
    if not sys.stderr.isatty():
        yield silent
        return
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


@contextmanager
def lines(title: str, total: int, *, every_s: float = 30.0) -> Iterator[ProgressCallback]:
    """Say a plain line on stderr now and then, for logs."""
    last_line = time.monotonic()
    done, since = 0, (0, 0.0)  # the first report, which may count what was done before

    def report(advance: int = 1, *, note: str | None = None) -> None:
        nonlocal done, since, last_line
        now = time.monotonic()
        if not done:
            since = (advance, now)
        done += advance
        if now - last_line >= every_s or done >= total:
            last_line = now
            left = (now - since[1]) / max(1, done - since[0]) * (total - done)
            words = (f"{title} {done}/{total}", shown(note or ""), f"{left:.0f} s left")
            print(", ".join(filter(None, words)), file=sys.stderr, flush=True)

    yield report
