"""Options of a call of ``Colorizer``, and the settings derived from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypedDict

import numpy as np

from colorunet.coloring.any_image import colorize_any, is_several
from colorunet.coloring.composing import ColoredImage, Luma
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.steering.hints import Hint
from colorunet.coloring.steering.reference import Reference
from colorunet.coloring.steering.steer import Steering
from colorunet.coloring.steering.versions import Version
from colorunet.coloring.toning import Toning, vivid

Uv = np.ndarray


class CallOptions(TypedDict, total=False):
    """Keywords of ``Colorizer.__call__``; they match the options of the command line.

    Args:
        warmth: from -1 (bluer) to 1 (more orange).
        vividness: from 0 (pale) over 0.5 (as the network is used) to 1 (vivid).
        temperature: of the annealed mean, in (0, 1]; not together with vividness.
        saturation: factor on the chroma, in [0, 4].
        caution: how far unsure colours are drawn toward gray, in [0, 1].
        strength: from 0 (the image's own colours, gray where it has none) to 1 (new ones alone).
        hints: pixels of the image whose colour is known.
        reference: a photo whose palette and tones are a prior.
    """

    warmth: float
    vividness: float
    temperature: float
    saturation: float
    caution: float
    strength: float
    hints: Sequence[Hint]
    reference: Reference


@dataclass(frozen=True, eq=False)
class DrawnImage:
    """One of several colourings of an image.

    Args:
        image: of the kind that was given.
        likelihood: see ``Version``.
    """

    image: Any
    likelihood: float


@dataclass(frozen=True)
class CallSettings:
    """Settings of decoding, toning and steering of a call.

    Raises:
        ValueError: a number is out of its range, or temperature and vividness are both given.
    """

    decoding: Decoding
    toning: Toning = field(default_factory=Toning)
    steering: Steering = field(default_factory=Steering)

    @classmethod
    def of(cls, options: CallOptions, own: Decoding) -> "CallSettings":
        """Return the settings of a call; ``own`` is the decoding of the colouriser.

        Raises:
            TypeError: there is no such option.
        """
        if unknown := sorted(set(options) - set(CallOptions.__annotations__)):
            known = ", ".join(CallOptions.__annotations__)
            raise TypeError(f"{unknown[0]}: no such option; expected some of {known}")
        names = ("temperature", "saturation", "caution")
        dials = {name: options[name] for name in names if name in options}  # type: ignore[literal-required]
        decoding = replace(own, **dials)
        if "vividness" in options:
            if "temperature" in options:
                raise ValueError("vividness sets the temperature; give one of them")
            decoding = vivid(decoding, options["vividness"])
            decoding = replace(decoding, caution=options.get("caution", decoding.caution))
        return cls(
            decoding,
            Toning(options.get("warmth", 0.0), options.get("strength", 1.0)),
            Steering(tuple(options.get("hints", ())), options.get("reference")),
        )

    def paint_each(
        self, image: Any, count: int, versions_of: Callable[[Luma], list[Version]]
    ) -> list[DrawnImage]:
        """Return one image for each version of its luma; the versions are drawn once.

        Raises:
            ValueError: there are several images.
        """
        if is_several(image):
            raise ValueError("versions: expected one image, given several")
        versions: list[Version] = []

        def chroma(number: int, luma: Luma) -> Uv:
            if not versions:
                versions.extend(versions_of(luma))
            return versions[number].uv

        images = [self.paint(image, partial(chroma, number)) for number in range(max(1, count))]
        return [
            DrawnImage(colored, version.likelihood)
            for colored, version in zip(images, versions, strict=True)
        ]

    def paint(self, image: Any, chroma: Callable[[Luma], Uv]) -> Any:
        """Return an image, or several, with the chroma that ``chroma`` gives for the luma.

        Raises:
            ValueError: there are hints for several images.
        """
        if self.steering.hints and is_several(image):
            raise ValueError("hints: they are pixels of one image, given several")

        def colorize(luma: Luma, own: np.ndarray | None) -> np.ndarray:
            strength, hints = self.toning.strength, self.steering.hints
            colored = ColoredImage(luma, chroma(luma), own=own, strength=strength, hints=hints)
            return colored.whole()

        return colorize_any(image, colorize)
