"""Colours made warmer or cooler, and words for how strong they are that anybody understands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from colorunet.coloring.decoding import Decoding
from colorunet.coloring.options import PredictionOptions

# Added to U and V at full warmth: toward the orange of a low sun, as far as gray stays believable.
_WARM_UV = (-0.05, 0.04)


@dataclass(frozen=True)
class Toning:
    """What is done to a network's colours afterwards.

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
        if not -1 <= self.warmth <= 1:
            raise ValueError(f"warmth: expected a number from -1 to 1, given {self.warmth}")
        if not 0 <= self.strength <= 1:
            raise ValueError(f"strength: expected a number from 0 to 1, given {self.strength}")

    def warmed(self, uv: Float[np.ndarray, "h w 2"]) -> Float[np.ndarray, "h w 2"]:
        """Return U and V with the warmth; black and white stay, for want of room for chroma."""
        if not self.warmth:
            return uv
        return uv + np.array(_WARM_UV, uv.dtype) * uv.dtype.type(self.warmth)


def as_vivid(
    options: PredictionOptions, meta: Mapping[str, Any], vividness: float
) -> PredictionOptions:
    """Return options with the temperature and the caution of a vividness in [0, 1].

    0 is the mean of all likely colours and twice the caution, muted; 0.5 what the network is used
    with; 1 nearly the likeliest colour alone and no caution, vivid and now and then patchy.

    Args:
        options: what else is asked; a caution in them stays.
        meta: of the run, which says what the network is used with.
        vividness: as given.

    Raises:
        ValueError: it is out of its range.
    """
    decoding = vivid(Decoding.of_run(meta), vividness)
    caution = decoding.caution if options.caution is None else options.caution
    return replace(options, temperature=decoding.temperature, caution=caution)


def vivid(own: Decoding, vividness: float) -> Decoding:
    """Return a network's own decoding as vivid as asked; see ``as_vivid``.

    Raises:
        ValueError: the vividness is out of its range.
    """
    if not 0 <= vividness <= 1:
        raise ValueError(f"vividness: expected a number from 0 to 1, given {vividness}")
    caution = min(10.0, own.caution * 2 * (1 - vividness))
    return replace(own, temperature=own.temperature ** (2 * vividness), caution=caution)
