"""Colouring of one photo: toning, hints, references and versions."""

from dataclasses import dataclass, field, replace

from colorunet.batch.images import GrayImage
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import ColoredImage, in_8_bits
from colorunet.coloring.steering.steer import Steering
from colorunet.coloring.steering.timed import Timed
from colorunet.coloring.steering.versions import Version
from colorunet.coloring.toning import Toning
from colorunet.errors import ColorunetError, UnusableImage


@dataclass(frozen=True)
class Wishes:
    """Options of the colours, beside the decoding of logits.

    Args:
        toning: what is done to the colours.
        steering: hints and the like.
        versions: how many of each photo.
        seed: of the versions.
        timed: what steers films, in place of ``steering``.
    """

    toning: Toning = field(default_factory=Toning)
    steering: Steering = field(default_factory=Steering)
    versions: int = 1
    seed: int = 0
    timed: Timed = field(default_factory=Timed)

    @property
    def of_single_images(self) -> bool:
        """Whether some of it makes no sense for several pages or frames."""
        return self.versions > 1 or bool(self.steering.hints)


class Painter:
    """Colours photos; of several versions of one photo in turn, it draws all at the first.

    Args:
        colorizer: what gives the colours.
        wishes: options of the colours.
    """

    def __init__(self, colorizer: Colorizer, wishes: Wishes) -> None:
        self._colorizer = colorizer
        self._wishes = wishes
        self._drawn: tuple[str, list[Version]] = ("", [])

    def colored(self, gray: GrayImage) -> ColoredImage:
        """Return a photo in colour, or a page of one.

        Raises:
            UnusableImage: a hint can't be followed in it.
        """
        wishes, steering = self._wishes, self._steering(gray)
        if steering == Steering():
            uv = wishes.toning.warmed(self._colorizer.chroma(in_8_bits(gray.luma)))
        else:
            seen = self._colorizer.see(gray.luma)
            try:
                uv = self._colorizer.steered(seen, steering, toning=wishes.toning)
            except ColorunetError as error:
                raise UnusableImage(str(error)) from None
        return gray.colored(uv, wishes.toning.strength, wishes.steering.hints)

    def version(self, name: str, gray: GrayImage, number: int) -> tuple[ColoredImage, float]:
        """Return a version of a photo, from 1, and its likelihood.

        Args:
            name: of the photo; the versions of the last one are kept.
            gray: its pixels.
            number: of the version.

        Raises:
            UnusableImage: a hint can't be followed in it.
        """
        wishes = self._wishes
        if self._drawn[0] != name:
            seen = self._colorizer.see(gray.luma)
            try:
                versions = self._colorizer.versions(
                    seen,
                    wishes.versions,
                    self._steering(gray),
                    toning=wishes.toning,
                    seed=wishes.seed,
                )
            except ColorunetError as error:
                raise UnusableImage(str(error)) from None
            self._drawn = (name, versions)
        version = self._drawn[1][number - 1]
        image = gray.colored(version.uv, wishes.toning.strength, wishes.steering.hints)
        return image, version.likelihood

    def _steering(self, gray: GrayImage) -> Steering:
        """Return what steers a photo: with the colours of the album's, where it has a match."""
        if gray.match is None or gray.match.reference is None:
            return self._wishes.steering
        return replace(self._wishes.steering, reference=gray.match.reference)
