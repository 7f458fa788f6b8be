"""Settings of a batch."""

from dataclasses import dataclass, field

from colorfiles.photos import ReadSettings
from colorunet.batch.painting import ColorOptions
from colorunet.coloring.steering.album import Album
from colorunet.evidence.settings import Evidence


@dataclass(frozen=True)
class ColorizeSettings:
    """How photos are read, coloured and written.

    Args:
        overwrite: replace existing outputs.
        color_options: options of the colours.
        significant_bits: see ``ReadSettings``.
        evidence: marks, records and signatures.
        album: reference photos, chosen by scene.
    """

    overwrite: bool = False
    color_options: ColorOptions = field(default_factory=ColorOptions)
    significant_bits: int | None = None
    evidence: Evidence = field(default_factory=Evidence)
    album: Album | None = None

    @property
    def with_colors(self) -> bool:
        """Whether a photo's own colours are mixed in."""
        return self.color_options.toning.strength < 1

    @property
    def reading(self) -> ReadSettings:
        """Settings for reading photos."""
        return ReadSettings(significant_bits=self.significant_bits, metadata=True)
