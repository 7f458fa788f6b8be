"""Decoding of logits over bins to a colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from colorcore import Palette, annealed_mean, array_namespace, certainty, like, top_mode_mean
from colorunet.coloring.dials import DIALS
from colorunet.errors import ColorunetError
from colorunet.parameters.meta import number, numbers, settings_of_run

_LARGEST_OFFSET = 1e4  # at 10 a bin is e¹⁰ times as likely; float32 must hold it over any T
_PLAIN_CHROMA = 0.12  # contrast leaves it as it is: neither strong nor weak
_CAUTION_BEND = 1.5  # near 0 the caution is k of `certainty` itself; 1 is k = 0.4, not yet gray


@dataclass(frozen=True)
class Decoding:
    """Settings of the decoding from logits to U and V.

    Args:
        temperature: of the annealed mean, in (0, 1]; 1 is the mean (muted), near 0 the most likely
            bin (vivid, patchy). Zhang et al. 2016 use 0.38.
        saturation: factor on U and V afterwards, in [0, 4].
        caution: how far uncertain colours are drawn toward gray, from 0 (not at all) to 1;
            ``colorcore.certainty`` with k = caution / (1 + 1.5 caution).
        contrast: of chroma: it is multiplied by (chroma / 0.12) to this power, so that above 0
            strong colours become stronger and weak ones weaker; in [0, 1].
        top_mode_radius: if given, the mean is taken over the bins within this distance (UV) of
            the most likely one.
        bin_offsets: if given, added to the logits of the bins; set by `trainer calibrate`.

    Raises:
        ValueError: a number is out of its range.
    """

    temperature: float = 0.38
    saturation: float = 1.0
    caution: float = 0.0
    contrast: float = 0.0
    top_mode_radius: float | None = None
    bin_offsets: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("temperature", "saturation", "caution"):
            DIALS[name].require(getattr(self, name))
        if not 0 <= self.contrast <= 1:
            raise ValueError(f"contrast: expected a number in [0, 1], given {self.contrast}")
        if self.top_mode_radius is not None and not self.top_mode_radius > 0:
            raise ValueError(f"top-mode radius: expected above 0, given {self.top_mode_radius}")
        offsets = np.abs(() if self.bin_offsets is None else self.bin_offsets)
        if not (offsets <= _LARGEST_OFFSET).all():  # NaN isn't, either
            raise ValueError(f"bin offsets: expected numbers within ±{_LARGEST_OFFSET:g}")

    @classmethod
    def of_run(cls, meta: Mapping[str, Any]) -> "Decoding":
        """Return the decoding that a run was calibrated to, or the default.

        Raises:
            ColorunetError: the run's entry is invalid.
        """
        with settings_of_run(meta, "decoding") as dials:
            for name in dials:
                if name not in cls.__dataclass_fields__:
                    raise ValueError(f"unknown key {name!r:.80}")
            optional = {"top_mode_radius", "bin_offsets"}
            given: dict[str, Any] = {
                name: numbers(value, name) if name == "bin_offsets" else number(value, name)
                for name, value in dials.items()
                if value is not None or name not in optional
            }
            return cls(**given)

    def uv(self, logits: Float[Any, "*shape n"], palette: Palette) -> Float[Any, "*shape 2"]:
        """Return U and V of logits, bins on the last axis, in the array library of the logits.

        Raises:
            ValueError: there are offsets for another number of bins.
        """
        if self.bin_offsets is not None:
            if len(self.bin_offsets) != palette.n:
                raise ValueError(
                    f"bin offsets: expected {palette.n}, given {len(self.bin_offsets)}"
                )
            logits = logits + like(np.array(self.bin_offsets), logits)
        if self.top_mode_radius is None:
            uv = annealed_mean(logits, palette, self.temperature)
        else:
            uv = top_mode_mean(logits, palette, self.temperature, radius=self.top_mode_radius)
        if self.contrast:
            chroma = (uv[..., :1] ** 2 + uv[..., 1:] ** 2) ** 0.5
            uv = uv * (chroma / _PLAIN_CHROMA) ** self.contrast
        if self.caution:
            k = self.caution / (1 + _CAUTION_BEND * self.caution)
            uv = uv * certainty(logits, palette, k)[..., None]
        return uv * self.saturation


def sound_logits(logits: Float[Any, "h w n"], palette: Palette) -> Float[Any, "h w n"]:
    """Return logits if they are finite and fit the palette; ColorunetError if not."""
    if logits.shape[-1] != palette.n:
        raise ColorunetError(
            f"the network has {logits.shape[-1]} bins, its palette has {palette.n}; the "
            "two come from different runs"
        )
    xp = array_namespace(logits)
    if not bool(xp.all(xp.isfinite(logits))):
        raise ColorunetError(
            "the network gives NaN or infinity: its parameters are damaged, or its training ran "
            "away; take another checkpoint"
        )
    return logits
