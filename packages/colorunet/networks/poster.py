"""The poster's ColorUnet: the cells of arXiv 1811.03120 with LayerNorm for BatchNorm."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from colorunet.networks.norms import make_norm
from colorunet.networks.pixel_classifier import PixelClassifier

_DOWN = (16, 32, 64)
_UP = ((32, 32), (16, 32))  # of the transposed conv, then of the convs
_OUT = 16


class DownConv(nn.Module):
    """conv3, ReLU, conv3, ReLU, max pooling by 2, norm."""

    def __init__(self, before: int, after: int, *, norm: str, size: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, padding=1)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.norm = make_norm(norm, after, size=size)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        """Halve the resolution."""
        return self.norm(self.pool(self.conv2(self.conv1(x).relu()).relu()))


class UpConv(nn.Module):
    """Transposed conv3 by 2, ReLU, conv3, ReLU, conv3, ReLU, norm."""

    def __init__(self, before: int, between: int, after: int, *, norm: str, size: int) -> None:
        super().__init__()
        self.up = _double(before, between)
        self.conv1 = nn.Conv2d(between, after, 3, padding=1)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1)
        self.norm = make_norm(norm, after, size=size)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        """Double the resolution."""
        return self.norm(self.conv2(self.conv1(self.up(x).relu()).relu()).relu())


class ColorUnet(PixelClassifier):
    """Three DownConv, two UpConv and an Output cell.

    The skips join between the cells, after pooling only: what an UpConv gives goes with what the
    DownConv of its resolution gave into the next cell. An output pixel sees 68 pixels each way,
    at every eighth row or column 76. ``norm`` is a reading of the poster's LayerNorm: ``volume``
    over (C, H, W), as torch's documentation shows it for images, or ``pixel`` over the channels
    of each pixel. ``size`` matters to ``volume`` only.
    """

    head_name = "out"

    def __init__(self, *, bins: int, norm: str = "volume", size: int = 256) -> None:
        super().__init__(bins=bins, stride=8)
        half, quarter, eighth = (-(-size // 8) * 8 // step for step in (2, 4, 8))
        first, second, third = _DOWN
        self.down1 = DownConv(1, first, norm=norm, size=half)
        self.down2 = DownConv(first, second, norm=norm, size=quarter)
        self.down3 = DownConv(second, third, norm=norm, size=eighth)
        self.up1 = UpConv(third, *_UP[0], norm=norm, size=quarter)
        self.up2 = UpConv(_UP[0][-1] + second, *_UP[1], norm=norm, size=half)
        self.out_up = _double(_UP[1][-1] + first, _OUT)
        self.out_conv = nn.Conv2d(_OUT, _OUT, 3, padding=1)
        self.out = nn.Conv2d(_OUT, bins, 1)

    def coarse_logits(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b n h w"]:
        """Return logits at full resolution."""
        half = self.down1(luma)
        quarter = self.down2(half)
        x = torch.cat((self.up1(self.down3(quarter)), quarter), dim=1)
        x = torch.cat((self.up2(x), half), dim=1)
        return self.out(self.out_conv(self.out_up(x).relu()).relu())


def _double(before: int, after: int) -> nn.ConvTranspose2d:
    """Return a transposed conv3 that doubles the edges exactly."""
    return nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1)
