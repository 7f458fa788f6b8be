"""The mark of a coloured picture: what added its colours, and when."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from colorunet.evidence.vocabulary import NOTE, SOFTWARE

_DAY = "%Y-%m-%d"
_PARAMETERS = re.compile(r"colourised by network (.+), sha256 ([0-9a-f]{64})?")


@dataclass(frozen=True)
class Mark:
    """What a mark says.

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
        """The software with its version."""
        return f"{SOFTWARE} {self.version}"

    @property
    def note(self) -> str:
        """A sentence for people."""
        return f"{NOTE} ({self.agent})"

    @property
    def parameters(self) -> str:
        """The network, as an event of the XMP history has it."""
        return f"colourised by network {self.network}, sha256 {self.network_sha256}"

    @classmethod
    def of_event(cls, agent: str, parameters: str, when: str) -> "Mark | None":
        """Return the mark of an event of an XMP history; None for another event."""
        software, _, version = agent.partition(" ")
        match = _PARAMETERS.match(parameters)
        if software != SOFTWARE or match is None:
            return None
        return cls(version, match[1], match[2] or "", when)


def now_utc() -> datetime:
    """Return the time, or what ``SOURCE_DATE_EPOCH`` says that it is.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit() and len(epoch) <= 11:
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC)


def today() -> str:
    """Return the day in UTC as marks have it."""
    return now_utc().strftime(_DAY)
