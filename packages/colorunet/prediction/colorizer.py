"""From gray to colour: one class that owns what comes before and after a pure network."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image

from colorcore import Palette
from colorunet.parameters.checkpoint import Trained
from colorunet.prediction.composing import ColoredImage, Luma, in_8_bits
from colorunet.prediction.decoding import Decoding
from colorunet.prediction.options import PredictionOptions
from colorunet.prediction.test_time_augmentation import Averaging

WORKING_EDGE_PX = 256  # the size that the views of a shard have
_LONGEST_WORKING_PX = 2048  # a panorama is worked on smaller rather than without end
_SHORTEST_WORKING_PX = 32  # five halvings still leave the network a pixel


class Colorizer:
    """Colourises luma of any size with a network that maps luma to logits over bins.

    Args:
        network: (B, 1, H, W) float32 in [0, 1] → (B, n, H, W) logits; put into evaluation mode.
        palette: the n bins.
        decoding: how logits become a colour.
        averaging: the versions of a photo whose logits are averaged.
        working_edge_px: the shorter edge at which the network sees a photo.
        device: where the network runs.
    """

    def __init__(
        self,
        network: Callable[[torch.Tensor], torch.Tensor],
        palette: Palette,
        *,
        decoding: Decoding | None = None,
        averaging: Averaging | None = None,
        working_edge_px: int = WORKING_EDGE_PX,
        device: str | torch.device = "cpu",
    ) -> None:
        if isinstance(network, torch.nn.Module):
            network.to(device).eval()
        self._network = network
        self.palette = palette
        self.decoding = decoding or Decoding()
        self.averaging = averaging or Averaging()
        self.working_edge_px = working_edge_px
        self.device = torch.device(device)

    @classmethod
    def of_run(
        cls,
        trained: Trained,
        options: PredictionOptions | None = None,
        *,
        working_edge_px: int = WORKING_EDGE_PX,
    ) -> "Colorizer":
        """Return a run's network with the run's own settings, but for those given, on a GPU if any.

        Args:
            trained: as ``load_run`` returns it.
            options: what is to differ from the run's own.
            working_edge_px: the shorter edge at which the network sees a photo.
        """
        options = options or PredictionOptions()
        return cls(
            trained.network,
            trained.palette,
            decoding=options.decoding(trained.meta),
            averaging=options.averaging(trained.meta),
            working_edge_px=working_edge_px,
            device=best_device(),
        )

    def logits(self, luma: UInt8[np.ndarray, "height width"]) -> Float[torch.Tensor, "h w n"]:
        """Return the logits of every pixel, at the size given, bins on the last axis."""
        batch = torch.from_numpy(np.array(luma)).to(self.device)[None, None].float() / 255
        with torch.inference_mode():
            mean = self.averaging.logits(self._network, batch)
            return mean[0].float().permute(1, 2, 0)

    def decode(
        self, logits: Float[torch.Tensor, "h w n"], decoding: Decoding | None = None
    ) -> Float[np.ndarray, "h w 2"]:
        """Return U and V (float32) of every pixel's logits.

        Raises:
            ValueError: the decoding has offsets for another number of bins.
        """
        with torch.inference_mode():
            return (decoding or self.decoding).uv(logits, self.palette).cpu().numpy()

    def chroma(self, luma: UInt8[np.ndarray, "height width"]) -> Float[np.ndarray, "h w 2"]:
        """Return U and V at the working size of a photo."""
        return self.decode(self.logits(_resized(luma, working_size(luma, self.working_edge_px))))

    def colorize(self, luma: Luma) -> np.ndarray:
        """Return the photo (H, W, 3) at its own size and depth, its luma kept, chroma scaled up."""
        return merge_chroma(luma, self.chroma(in_8_bits(luma)))


def best_device() -> torch.device:
    """Return an NVIDIA GPU where torch sees one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def working_size(luma: UInt8[np.ndarray, "height width"], edge_px: int) -> tuple[int, int]:
    """Return (height, width) at which the network sees a photo.

    The shorter edge becomes ``edge_px``; the longer one follows, up to 2,048 pixels.
    """
    height, width = luma.shape
    scale = min(edge_px / min(height, width), _LONGEST_WORKING_PX / max(height, width))
    floor = min(_SHORTEST_WORKING_PX, edge_px)
    return max(floor, round(height * scale)), max(floor, round(width * scale))


def merge_chroma(luma: Luma, uv: Float[np.ndarray, "h w 2"]) -> np.ndarray:
    """Scale chroma to the size of the luma and return both as RGB (H, W, 3) of the luma's depth."""
    rgb = np.empty((*luma.shape, 3), dtype=luma.dtype)
    top = 0
    for band in ColoredImage(luma, uv).bands():
        rgb[top : top + len(band)] = band
        top += len(band)
    return rgb


def _resized(
    luma: UInt8[np.ndarray, "height width"], size: tuple[int, int]
) -> UInt8[np.ndarray, "h w"]:
    if luma.shape == size:
        return luma
    # Pillow widens the filter when it shrinks, so this is antialiased.
    scaled = Image.fromarray(luma).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.asarray(scaled)
