"""Feature maps scaled up between the levels of a U-Net."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def upsample(features: Float[Tensor, "b c h w"], factor: int) -> Float[Tensor, "b c hs ws"]:
    """Return the features at ``factor`` times their height and width, bilinear.

    Pixels are areas whose centres lie between each other's (``align_corners=False``), so that no
    level is shifted against another and any size gives the same picture. Nearest-neighbour copies
    would leave steps at every multiple of the level's stride, which show as a grid in the colours.
    """
    return F.interpolate(features, scale_factor=factor, mode="bilinear", align_corners=False)
