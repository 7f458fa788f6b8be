"""Test-time augmentation: a photo at several sizes, and mirrored, whose logits are averaged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

_LEAST_SCALE = 0.125


@dataclass(frozen=True)
class Averaging:
    """Which versions of a photo a network sees; the mean of their logits is what counts.

    At a smaller size a network sees more of the scene at once, at a larger one more detail.

    Args:
        scales: sizes as shares of the photo's, each in [0.125, 1]; (1,) is the photo as it is.
        mirrored: each of them also mirrored left to right, at twice the cost.

    Raises:
        ValueError: no scale, one out of its range, or one given twice.
    """

    scales: tuple[float, ...] = (1.0,)
    mirrored: bool = False

    def __post_init__(self) -> None:
        """Check the scales."""
        inside = all(_LEAST_SCALE <= scale <= 1 for scale in self.scales)
        if not self.scales or not inside or len(set(self.scales)) < len(self.scales):
            raise ValueError(
                f"scales: expected different numbers from {_LEAST_SCALE} to 1, given "
                + (", ".join(f"{scale:g}" for scale in self.scales) or "none")
            )

    @classmethod
    def of_run(cls, meta: Mapping[str, Any]) -> "Averaging":
        """Return what a run was calibrated with, else the defaults."""
        kept = dict(meta.get("averaging", {}))
        return cls(tuple(kept.get("scales", (1.0,))), bool(kept.get("mirrored", False)))

    def logits(
        self, network: Callable[[Tensor], Tensor], luma: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b n h w"]:
        """Return the mean of a network's logits over the versions, at the size of ``luma``."""
        size = luma.shape[-2:]
        total = luma.new_zeros(())
        for mirrored in (False, True)[: 1 + self.mirrored]:
            for scale in self.scales:
                seen = _scaled(luma.flip(-1) if mirrored else luma, scale)
                found = _at(network(seen), size)
                total = total + (found.flip(-1) if mirrored else found)
        return total / (len(self.scales) * (1 + self.mirrored))


def _scaled(luma: Float[Tensor, "b 1 h w"], scale: float) -> Float[Tensor, "b 1 hs ws"]:
    if scale == 1:
        return luma
    size = [max(1, round(edge * scale)) for edge in luma.shape[-2:]]
    return F.interpolate(luma, size, mode="bilinear", align_corners=False, antialias=True)


def _at(logits: Float[Tensor, "b n hs ws"], size: torch.Size) -> Float[Tensor, "b n h w"]:
    if logits.shape[-2:] == size:
        return logits
    return F.interpolate(logits, size, mode="bilinear", align_corners=False)
