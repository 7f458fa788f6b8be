"""Toning: warmth, strength and vividness."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from colorunet.coloring.decoding import Decoding
from colorunet.coloring.dials import DIALS
from colorunet.coloring.options import PredictionOptions

# Added to U and V at full warmth: toward the orange of a low sun, as far as gray stays believable.
_WARM_UV = (-0.05, 0.04)
_VIVID = 1.8  # factor on chroma at full vividness, and of its inverse at none


@dataclass(frozen=True)
class Toning:
    """Adjustment of a network's colours.

    Args:
        warmth: from -1 (bluer) to 1 (more orange); 0 leaves the colours as they are.
        strength: from 0 (the photo's own colours, gray where it has none) to 1 (the network's).

    Raises:
        ValueError: a number is out of its range.
    """

    warmth: float = 0.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        DIALS["warmth"].require(self.warmth)
        DIALS["strength"].require(self.strength)

    def warmed(self, uv: Float[np.ndarray, "h w 2"]) -> Float[np.ndarray, "h w 2"]:
        """Return U and V with the warmth; black and white stay, as they can have no chroma."""
        if not self.warmth:
            return uv
        return uv + np.array(_WARM_UV, uv.dtype) * uv.dtype.type(self.warmth)


def as_vivid(
    options: PredictionOptions, meta: Mapping[str, Any], vividness: float
) -> PredictionOptions:
    """Return options with the decoding of a vividness in [0, 1]; see ``vivid``.

    Args:
        options: what else is asked; a caution in them stays, a saturation is the one scaled.
        meta: of the run, which says what the network is used with.
        vividness: as given.

    Raises:
        ValueError: it is out of its range.
    """
    decoding = vivid(options.decoding(meta), vividness)
    caution = decoding.caution if options.caution is None else options.caution
    return replace(
        options,
        temperature=decoding.temperature,
        saturation=decoding.saturation,
        caution=caution,
    )


def vivid(own: Decoding, vividness: float) -> Decoding:
    """Return a decoding adjusted to a vividness.

    0 is the mean of all likely colours, pale, with twice the caution; 0.5 what the network is used
    with; 1 nearly the likeliest colour alone, strong, without caution. Chroma grows all the way.

    Raises:
        ValueError: the vividness is out of its range.
    """
    DIALS["vividness"].require(vividness)
    return replace(
        own,
        temperature=own.temperature ** (2 * vividness),
        saturation=min(DIALS["saturation"].high, own.saturation * _VIVID ** (2 * vividness - 1)),
        caution=min(DIALS["caution"].high, own.caution * 2 * (1 - vividness)),
    )
