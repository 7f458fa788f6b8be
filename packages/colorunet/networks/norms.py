"""Normalization layers: over channels per pixel, over groups, or over the whole volume."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

NORMS = ("pixel", "group", "volume")
_GROUP_CHANNELS = 16


class PixelNorm(nn.Module):
    """Layer norm over the channels of each pixel, with one affine pair a channel; any size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Normalise; free of copies where ``x`` is channels_last."""
        last = x.permute(0, 2, 3, 1)
        return F.layer_norm(last, tuple(self.weight.shape), self.weight, self.bias).permute(
            0, 3, 1, 2
        )


class VolumeNorm(nn.Module):
    """Layer norm over channels, height and width, with an affine pair for every position.

    This is ``nn.LayerNorm((C, H, W))``, the other reading of the poster. Its parameters belong to
    one size; on another they are resampled bilinearly.
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, size, size))
        self.bias = nn.Parameter(torch.zeros(channels, size, size))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Normalise each image as one volume."""
        weight, bias = (_resized(p, x.shape[-2], x.shape[-1]) for p in (self.weight, self.bias))
        return F.layer_norm(x, tuple(x.shape[1:]), weight, bias)


def _resized(parameter: Tensor, height: int, width: int) -> Tensor:
    if parameter.shape[-2:] == (height, width):
        return parameter
    resized = F.interpolate(parameter[None], (height, width), mode="bilinear", align_corners=False)
    return resized[0]


def make_norm(kind: str, channels: int, *, size: int) -> nn.Module:
    """Return a norm of one of ``NORMS``; ``size`` is the edge in pixels at that place.

    Raises:
        ValueError: the kind isn't known.
    """
    if kind == "pixel":
        return PixelNorm(channels)
    if kind == "group":
        return nn.GroupNorm(max(1, channels // _GROUP_CHANNELS), channels)
    if kind == "volume":
        return VolumeNorm(channels, size)
    raise ValueError(f"norm: expected one of {', '.join(NORMS)}, given {kind!r}")
