"""From gray to colour: one class that owns what comes before and after a pure network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image

from colorcore import Palette, annealed_mean, top_mode_mean
from colorunet.parameters.checkpoint import Trained
from colorunet.prediction.composing import ColoredImage, Luma, in_8_bits
from colorunet.prediction.test_time_augmentation import Averaging

WORKING_EDGE_PX = 256  # the size that the views of a shard have
_LONGEST_WORKING_PX = 2048  # a panorama is worked on smaller rather than without end
_SHORTEST_WORKING_PX = 32  # five halvings still leave the network a pixel
_PLAIN_CHROMA = 0.12  # contrast leaves it as it is: neither strong nor weak


@dataclass(frozen=True)
class Decoding:
    """How logits over bins become a colour.

    Args:
        temperature: of the annealed mean, in (0, 1]; 1 is the mean (muted), near 0 the most likely
            bin (vivid, patchy). Zhang et al. 2016 use 0.38.
        saturation: factor on U and V afterwards, above 0.
        contrast: of chroma: it is multiplied by (chroma / 0.12) to this power, so that above 0
            strong colours become stronger and weak ones weaker; in [0, 1].
        top_mode_radius: where given, only bins within this distance (UV) of the most likely one
            take part in the mean.
        bin_offsets: where given, a number for each bin, added to its logit first; `trainer
            calibrate` finds them.

    Raises:
        ValueError: a number is out of its range.
    """

    temperature: float = 0.38
    saturation: float = 1.0
    contrast: float = 0.0
    top_mode_radius: float | None = None
    bin_offsets: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.temperature <= 1:
            raise ValueError(f"temperature: expected a number in (0, 1], given {self.temperature}")
        if not 0 < self.saturation <= 4:
            raise ValueError(f"saturation: expected a number in (0, 4], given {self.saturation}")
        if not 0 <= self.contrast <= 1:
            raise ValueError(f"contrast: expected a number in [0, 1], given {self.contrast}")
        if self.top_mode_radius is not None and not self.top_mode_radius > 0:
            raise ValueError(f"top-mode radius: expected above 0, given {self.top_mode_radius}")
        if self.bin_offsets is not None and not np.isfinite(self.bin_offsets).all():
            raise ValueError("bin offsets: expected finite numbers")

    @classmethod
    def of_run(
        cls, meta: Mapping[str, Any], *, temperature: float | None, saturation: float | None = None
    ) -> "Decoding":
        """Take what the user gave, else what the run was shipped with, else the defaults."""
        kept = dict(meta.get("decoding", {}))
        if kept.get("bin_offsets") is not None:
            kept["bin_offsets"] = tuple(kept["bin_offsets"])
        shipped = cls(**kept)
        return replace(
            shipped,
            temperature=shipped.temperature if temperature is None else temperature,
            saturation=shipped.saturation if saturation is None else saturation,
        )


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
        *,
        temperature: float | None = None,
        saturation: float | None = None,
        scales: tuple[float, ...] | None = None,
        mirrored: bool | None = None,
        working_edge_px: int = WORKING_EDGE_PX,
    ) -> "Colorizer":
        """Return a run's network with the run's own settings, but for those given, on a GPU if any.

        Args:
            trained: as ``load_run`` returns it.
            temperature: see ``Decoding``; ``saturation`` too.
            scales: see ``Averaging``; ``mirrored`` too.
            working_edge_px: the shorter edge at which the network sees a photo.
        """
        return cls(
            trained.network,
            trained.palette,
            decoding=Decoding.of_run(trained.meta, temperature=temperature, saturation=saturation),
            averaging=Averaging.of_run(trained.meta, scales=scales, mirrored=mirrored),
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
        how = decoding or self.decoding
        if how.bin_offsets is not None:
            if len(how.bin_offsets) != self.palette.n:
                raise ValueError(
                    f"bin offsets: expected {self.palette.n}, given {len(how.bin_offsets)}"
                )
            logits = logits + torch.tensor(how.bin_offsets, device=logits.device)
        with torch.inference_mode():
            if how.top_mode_radius is None:
                uv = annealed_mean(logits, self.palette, how.temperature)
            else:
                uv = top_mode_mean(
                    logits, self.palette, how.temperature, radius=how.top_mode_radius
                )
            if how.contrast:
                uv = uv * (uv.norm(dim=-1, keepdim=True) / _PLAIN_CHROMA) ** how.contrast
            return (uv * how.saturation).cpu().numpy()

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
