"""How a batch of photos is read, coloured and written."""

from dataclasses import dataclass, field

from colorfiles.photos import ReadSettings
from colorunet.batch.painting import Wishes
from colorunet.evidence.settings import Evidence


@dataclass(frozen=True)
class ColorizeSettings:
    """How photos are read, coloured and written.

    Args:
        overwrite: make outputs anew that are there already.
        wishes: what is asked of the colours.
        significant_bits: see ``ReadSettings``.
        evidence: what is written of how the colours were made.
    """

    overwrite: bool = False
    wishes: Wishes = field(default_factory=Wishes)
    significant_bits: int | None = None
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def reading(self) -> ReadSettings:
        """How photos are read."""
        return ReadSettings(significant_bits=self.significant_bits, metadata=True)
