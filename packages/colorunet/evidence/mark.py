"""The mark of a coloured picture: software, network and day."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from colorunet.evidence.vocabulary import NOTE, SOFTWARE

_DAY = "%Y-%m-%d"
_PARAMETERS = re.compile(r"colourised by network (.+), sha256 ([0-9a-f]{64})?")


@dataclass(frozen=True)
class Mark:
    """Content of a mark.

    Args:
        version: of the software.
        network: its name.
        network_sha256: of its parameters; "" where they aren't known.
        day: of the colourisation, YYYY-MM-DD in UTC. No time of day, so that the same call gives
            the same bytes on the same day; a record has the time.
    """

    version: str
    network: str
    network_sha256: str = ""
    day: str = ""

    @property
    def agent(self) -> str:
        """Name and version of the software."""
        return f"{SOFTWARE} {self.version}"

    @property
    def note(self) -> str:
        """The mark as a sentence."""
        return f"{NOTE} ({self.agent})"

    @property
    def parameters(self) -> str:
        """The network as parameters of an XMP history event."""
        return f"colourised by network {self.network}, sha256 {self.network_sha256}"

    @classmethod
    def of_event(cls, agent: str, parameters: str, when: str) -> "Mark | None":
        """Return the mark of an XMP history event; None for other events."""
        software, _, version = agent.partition(" ")
        match = _PARAMETERS.match(parameters)
        if software != SOFTWARE or match is None:
            return None
        return cls(version, match[1], match[2] or "", when)


def now_utc() -> datetime:
    """Return the current time, or that of ``SOURCE_DATE_EPOCH``.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit() and len(epoch) <= 11:
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC)


def today() -> str:
    """Return the current day in UTC, as used in marks."""
    return now_utc().strftime(_DAY)
