"""Feature maps scaled up between the levels of a U-Net."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def upsample(features: Float[Tensor, "b c h w"], factor: int) -> Float[Tensor, "b c hs ws"]:
    """Return the features at ``factor`` times their height and width, smoothed and bilinear.

    Nearest-neighbour copies leave a step at every multiple of a level's stride, which shows as a
    grid in the colours; bilinear interpolation alone still has its steepest slopes there. So a
    binomial filter, (1, 2, 1) / 4 each way, comes first. Pixels are areas
    (``align_corners=False``), so that no level is shifted against another.
    """
    wide = F.pad(features, (1, 1, 1, 1), mode="replicate")
    smooth = F.avg_pool2d(F.avg_pool2d(wide, 2, stride=1), 2, stride=1)
    return F.interpolate(smooth, scale_factor=factor, mode="bilinear", align_corners=False)
