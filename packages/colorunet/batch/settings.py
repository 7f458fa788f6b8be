"""How a batch of photos is read, coloured and written."""

from dataclasses import dataclass, field

from colorfiles.photos import ReadSettings
from colorunet.batch.painting import Wishes
from colorunet.coloring.steering.album import Album
from colorunet.evidence.settings import Evidence


@dataclass(frozen=True)
class ColorizeSettings:
    """How photos are read, coloured and written.

    Args:
        overwrite: make outputs anew that are there already.
        wishes: what is asked of the colours.
        significant_bits: see ``ReadSettings``.
        evidence: what is written of how the colours were made.
        album: whose photos give their colours to those of the same scene.
    """

    overwrite: bool = False
    wishes: Wishes = field(default_factory=Wishes)
    significant_bits: int | None = None
    evidence: Evidence = field(default_factory=Evidence)
    album: Album | None = None

    @property
    def with_colors(self) -> bool:
        """Whether a photo's own colours are needed."""
        return self.wishes.toning.strength < 1

    @property
    def reading(self) -> ReadSettings:
        """How photos are read."""
        return ReadSettings(significant_bits=self.significant_bits, metadata=True)
