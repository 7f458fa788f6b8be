"""Faults: deviations of a shard set from docs/shard-format.md."""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_LISTED = 20  # of one file; a shard that is wholly wrong would have thousands


@dataclass(frozen=True)
class Fault:
    """One deviation.

    Args:
        where: the file, and the sample, photo or row in it.
        what: what was expected and what was found.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def capped(faults: Iterable[Fault], where: str) -> tuple[Fault, ...]:
    """Return at most twenty faults, and a count of the others as one more."""
    listed = tuple(faults)
    more = len(listed) - MOST_LISTED
    if more <= 0:
        return listed
    return (*listed[:MOST_LISTED], Fault(where, f"and {more} more faults"))
