"""The default network: a residual U-Net with global context, for small machines too."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from colorunet.networks.norms import make_norm
from colorunet.networks.pixel_classifier import PixelClassifier
from colorunet.networks.upsampling import upsample

# Channels of each level as multiples of the width; further levels keep the last.
_MULTIPLES = (1, 2, 4, 6, 8)
_FULL_SKIP_CHANNELS = 16


class ResidualBlock(nn.Module):
    """x + conv3(ReLU(conv3(norm(x)))): one norm a block, as norms cost memory traffic."""

    def __init__(self, channels: int, *, norm: str, padding: str, size: int) -> None:
        super().__init__()
        self.norm = make_norm(norm, channels, size=size)
        self.conv1 = _conv3(channels, channels, padding=padding)
        self.conv2 = _conv3(channels, channels, padding=padding)
        with torch.no_grad():
            self.conv2.weight.mul_(0.1)  # a block starts near the identity

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Refine without a change of shape."""
        return x + self.conv2(self.conv1(self.norm(x)).relu_())


class GlobalContext(nn.Module):
    """Global context: the mean over the image, through two layers, added to every pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Linear(channels, 2 * channels)
        self.second = nn.Linear(2 * channels, channels)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Add the context to every pixel."""
        summary = self.second(self.first(x.mean((2, 3))).relu())
        return x + summary[:, :, None, None]


class UNet(PixelClassifier):
    """A U-Net whose first level lies at 1 / stem of the resolution.

    Args:
        bins: of the palette.
        width: channels of the first level; the others have 2, 4, 6 and 8 times as many.
        depth: levels, each at half the resolution of the one before.
        blocks: residual blocks a level on the way down and on the way up (the first level has
            some on the way up only).
        norm: ``pixel``, ``group`` or ``volume``.
        padding: what convolutions see beyond the border: ``zeros``, from which a network can tell
            where it is, or ``replicate``, the nearest value inside, which makes a flat image flat.
        context: global context at the coarsest level.
        stem: 1, 2 or 4: pixels that the first level folds into one place, each way.
        logits_stride: 1, 2 or 4: the resolution of the logits; finer than ``stem`` takes a skip
            from the full resolution in.
        size: edge in pixels; matters to ``volume`` only.
    """

    def __init__(
        self,
        *,
        bins: int,
        width: int = 32,
        depth: int = 5,
        blocks: int = 1,
        norm: str = "pixel",
        padding: str = "zeros",
        context: bool = True,
        stem: int = 2,
        logits_stride: int = 2,
        size: int = 256,
    ) -> None:
        stride = stem * 2 ** (depth - 1)
        super().__init__(bins=bins, stride=stride, logits_stride=logits_stride)
        self.stem_factor = stem
        channels = [width * _MULTIPLES[min(level, len(_MULTIPLES) - 1)] for level in range(depth)]
        edges = [-(-size // stride) * stride // stem // 2**level for level in range(depth)]

        def level_blocks(level: int) -> nn.Sequential:
            made = [
                ResidualBlock(channels[level], norm=norm, padding=padding, size=edges[level])
                for _ in range(blocks)
            ]
            return nn.Sequential(*made)

        # The first level that the way up reaches: logits coarser than the stem end earlier.
        self.last_level = max(0, (logits_stride // stem).bit_length() - 1)
        self.stem = _conv3(stem * stem, channels[0], padding=padding)
        self.down = nn.ModuleList(
            nn.Conv2d(channels[i], channels[i + 1], 2, stride=2) for i in range(depth - 1)
        )
        self.encoder = nn.ModuleList(level_blocks(level) for level in range(1, depth))
        self.context = GlobalContext(channels[-1]) if context else nn.Identity()
        self.bottom = level_blocks(depth - 1)
        rising = range(depth - 2, self.last_level - 1, -1)
        self.up = nn.ModuleList(nn.Conv2d(channels[i + 1], channels[i], 1) for i in rising)
        self.decoder = nn.ModuleList(level_blocks(level) for level in rising)
        self.head_norm = make_norm(norm, channels[self.last_level], size=edges[self.last_level])
        self.zoom = max(1, stem // logits_stride)
        head = channels[self.last_level]
        if self.zoom > 1:
            self.full_skip = _conv3(1, _FULL_SKIP_CHANNELS, padding=padding, stride=logits_stride)
            self.mix = _conv3(head + _FULL_SKIP_CHANNELS, width, padding=padding)
            head = width
        self.head = nn.Conv2d(head, bins, 1)

    def coarse_logits(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b n hc wc"]:
        """Return logits at 1 / logits_stride of the resolution."""
        x = self.stem(F.pixel_unshuffle(2 * luma - 1, self.stem_factor))
        skips = []
        for down, encode in zip(self.down, self.encoder, strict=True):
            skips.append(x)
            x = encode(down(x))
        x = self.bottom(self.context(x))
        for up, decode in zip(self.up, self.decoder, strict=True):
            x = decode(upsample(up(x), 2) + skips.pop())
        x = self.head_norm(x).relu()
        if self.zoom > 1:
            x = upsample(x, self.zoom)
            x = self.mix(torch.cat((x, self.full_skip(luma)), dim=1)).relu()
        return self.head(x)


def _conv3(fan_in: int, fan_out: int, *, padding: str, stride: int = 1) -> nn.Conv2d:
    if padding == "replicate":
        return nn.Conv2d(fan_in, fan_out, 3, stride=stride, padding=1, padding_mode="replicate")
    return nn.Conv2d(fan_in, fan_out, 3, stride=stride, padding=1)
