"""Interface of all networks: from luma of any size to logits over the bins for every pixel."""

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class PixelClassifier(nn.Module):
    """A network that classifies each pixel into a bin.

    Args:
        bins: of the palette.
        stride: images are padded to a multiple of it inside, and cropped back.
        logits_stride: the network works out its logits at 1 / logits_stride of the resolution.
    """

    head_name = "head"  # of the last layer, the only one that depends on the palette

    def __init__(self, *, bins: int, stride: int, logits_stride: int = 1) -> None:
        super().__init__()
        self.bins = bins
        self.stride = stride
        self.logits_stride = logits_stride

    @abstractmethod
    def coarse_logits(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b n hc wc"]:
        """Return logits at 1 / logits_stride for an image whose edges are multiples of stride."""

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of a pretrained encoder; none without one."""
        return []

    def forward(
        self, luma: Float[Tensor, "b 1 h w"], *, coarse: bool = False
    ) -> Float[Tensor, "b n ho wo"]:
        """Return logits of every pixel of ``luma`` (in [0, 1]).

        With ``coarse`` they stay at the network's own resolution, ⌈h / logits_stride⌉ high.
        """
        height, width = luma.shape[-2:]
        below, right = -height % self.stride, -width % self.stride
        if below or right:
            luma = F.pad(luma, (0, right, 0, below), mode="replicate")
        logits = self.coarse_logits(luma)
        if coarse:
            step = self.logits_stride
            return logits[..., : -(-height // step), : -(-width // step)]
        if self.logits_stride > 1:
            logits = F.interpolate(logits, luma.shape[-2:], mode="bilinear", align_corners=False)
        return logits[..., :height, :width]
