"""A network run by torch, on a GPU if there is one."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from colorfiles.errors import is_out_of_memory
from colorunet.coloring.averaging import Averaging
from colorunet.errors import ColorunetError
from colorunet.networks.pixel_classifier import PixelClassifier


class TorchNetwork:
    """Logits of a photo by torch.

    Args:
        network: (B, 1, H, W) float32 in [0, 1] → (B, n, H, W) logits; a module is put into
            evaluation mode and onto the device.
        device: where it runs.
    """

    def __init__(self, network: Callable[[Tensor], Tensor], device: str | torch.device) -> None:
        if isinstance(network, nn.Module):
            network.to(device).eval()
        self._network = network
        self.device = torch.device(device)

    def logits(
        self, luma: UInt8[np.ndarray, "h w"], averaging: Averaging
    ) -> Float[Tensor, "h w n"]:
        """Return the averaged logits of every pixel."""
        return self._averaged(self._network, luma, averaging, stride=1)

    def coarse_logits(
        self, luma: UInt8[np.ndarray, "h w"], averaging: Averaging
    ) -> Float[Tensor, "hc wc n"]:
        """Return the averaged logits at the network's resolution."""
        if not isinstance(self._network, PixelClassifier):
            return self.logits(luma, averaging)
        network = partial(self._network, coarse=True)
        return self._averaged(network, luma, averaging, stride=self._network.logits_stride)

    def _averaged(
        self,
        network: Callable[[Tensor], Tensor],
        luma: UInt8[np.ndarray, "h w"],
        averaging: Averaging,
        *,
        stride: int,
    ) -> Float[Tensor, "hs ws n"]:
        batch = torch.from_numpy(np.array(luma)).to(self.device)[None, None].float() / 255
        try:
            with torch.inference_mode():
                mean = averaging.logits(network, batch, resized, stride=stride)
                return mean[0].float().permute(1, 2, 0)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise MemoryError(str(error)) from None
            raise


def resized(image: Float[Tensor, "b c h w"], size: Sequence[int]) -> Float[Tensor, "b c hs ws"]:
    """Return an image at another size, bilinear; antialiased where it shrinks."""
    shrinks = size[0] < image.shape[-2] or size[1] < image.shape[-1]  # only then it matters
    return F.interpolate(
        image, tuple(size), mode="bilinear", align_corners=False, antialias=shrinks
    )


def best_device() -> torch.device:
    """Return a GPU, NVIDIA's or Apple's, if torch sees one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def device_named(device: str | torch.device) -> torch.device:
    """Return an available device of torch by name.

    Raises:
        ColorunetError: it has none of that name.
    """
    try:
        named = torch.device(device)
        torch.empty(1, device=named)
    except (RuntimeError, AssertionError, TypeError) as error:  # asserts: built without CUDA
        reason = str(error).splitlines()[0]
        raise ColorunetError(f"device {device}: torch has none of that name ({reason})") from None
    return named
