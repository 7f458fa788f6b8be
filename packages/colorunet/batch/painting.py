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
class ColorOptions:
    """Options of the colours, beside the decoding of logits.

    Args:
        toning: changes of the colours.
        steering: hints and the like.
        versions: how many of each photo.
        seed: of the versions.
        timed: steering of films, in place of ``steering``.
    """

    toning: Toning = field(default_factory=Toning)
    steering: Steering = field(default_factory=Steering)
    versions: int = 1
    seed: int = 0
    timed: Timed = field(default_factory=Timed)

    @property
    def of_single_images(self) -> bool:
        """Whether hints or versions are given, which apply to single images only."""
        return self.versions > 1 or bool(self.steering.hints)


class Painter:
    """Colours photos; the versions of a photo are drawn together at the first one.

    Args:
        colorizer: predicts the colours.
        color_options: options of the colours.
    """

    def __init__(self, colorizer: Colorizer, color_options: ColorOptions) -> None:
        self._colorizer = colorizer
        self._options = color_options
        self._drawn: tuple[str, list[Version]] = ("", [])

    def colored(self, gray: GrayImage) -> ColoredImage:
        """Return a photo, or a page of one, in colour.

        Raises:
            UnusableImage: a hint can't be followed in it.
        """
        options, steering = self._options, self._steering(gray)
        if steering == Steering():
            uv = options.toning.warmed(self._colorizer.chroma(in_8_bits(gray.luma)))
        else:
            seen = self._colorizer.see(gray.luma)
            try:
                uv = self._colorizer.steered(seen, steering, toning=options.toning)
            except ColorunetError as error:
                raise UnusableImage(str(error)) from None
        return gray.colored(uv, options.toning.strength, options.steering.hints)

    def version(self, name: str, gray: GrayImage, number: int) -> tuple[ColoredImage, float]:
        """Return a version of a photo, from 1, and its likelihood.

        Args:
            name: of the photo; the versions of the last one are kept.
            gray: its pixels.
            number: of the version.

        Raises:
            UnusableImage: a hint can't be followed in it.
        """
        options = self._options
        if self._drawn[0] != name:
            seen = self._colorizer.see(gray.luma)
            try:
                versions = self._colorizer.versions(
                    seen,
                    options.versions,
                    self._steering(gray),
                    toning=options.toning,
                    seed=options.seed,
                )
            except ColorunetError as error:
                raise UnusableImage(str(error)) from None
            self._drawn = (name, versions)
        version = self._drawn[1][number - 1]
        image = gray.colored(version.uv, options.toning.strength, options.steering.hints)
        return image, version.likelihood

    def _steering(self, gray: GrayImage) -> Steering:
        """Return a photo's steering, with the album's photo as reference if one matches."""
        if gray.match is None or gray.match.reference is None:
            return self._options.steering
        return replace(self._options.steering, reference=gray.match.reference)
