"""Graphs for export: coarse logits, logits of every pixel, or colours."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorcore import Palette, yuv_to_rgb
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding
from colorunet.networks import PixelClassifier

PREFIX = "network."  # of the parameters' names in every graph
_OPSET = 17
_LEAST_ROOM = 1e-6  # against a division by zero at black and white


class CoarseLogits(nn.Module):
    """From luma at a multiple of the stride to logits at the network's own resolution."""

    def __init__(self, network: PixelClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, luma: Tensor) -> Tensor:
        """Return (B, n, H / s, W / s)."""
        return self.network.coarse_logits(luma)


class Logits(nn.Module):
    """From luma of any size to the logits of every pixel, as ``PixelClassifier.forward`` does."""

    def __init__(self, network: PixelClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, luma: Tensor) -> Tensor:
        """Return (B, n, H, W)."""
        height, width = luma.shape[-2:]
        stride = self.network.stride
        padding = (0, (-width) % stride, 0, (-height) % stride)
        padded = F.pad(luma, padding, mode="replicate")
        logits = self.network.coarse_logits(padded)
        if self.network.logits_stride > 1:
            size = padded.shape[-2:]
            logits = F.interpolate(logits, size, mode="bilinear", align_corners=False)
        return logits[..., :height, :width]


class Colors(nn.Module):
    """From luma of any size to chroma and RGB, averaged and decoded."""

    def __init__(
        self, network: PixelClassifier, palette: Palette, decoding: Decoding, averaging: Averaging
    ) -> None:
        super().__init__()
        self.network = network
        self._logits = Logits(network)
        self._palette, self._decoding, self._averaging = palette, decoding, averaging
        units = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        of_uv = yuv_to_rgb(torch.tensor(units), clip=False)
        self._rgb_of_uv: Tensor
        self.register_buffer("_rgb_of_uv", of_uv, persistent=False)

    def forward(self, luma: Tensor) -> tuple[Tensor, Tensor]:
        """Return U and V (B, 2, H, W), and RGB (B, 3, H, W) in [0, 1] whose luma is as given."""
        logits = self._averaged(luma).permute(0, 2, 3, 1)
        uv = self._decoding.uv(logits, self._palette)
        offsets = torch.matmul(uv, self._rgb_of_uv).permute(0, 3, 1, 2)
        # As `gamut_mapping` has it: chroma is drawn in as far as the luma leaves room for it.
        above = offsets.amax(1, keepdim=True) / (1 - luma).clamp(min=_LEAST_ROOM)
        below = -offsets.amin(1, keepdim=True) / luma.clamp(min=_LEAST_ROOM)
        excess = torch.maximum(above, below).clamp(min=1)
        return uv.permute(0, 3, 1, 2), (luma + offsets / excess).clamp(0, 1)

    def _averaged(self, luma: Tensor) -> Tensor:
        size = luma.shape[-2:]
        total, count = torch.zeros(()), 0
        for mirrored in (False, True)[: 1 + self._averaging.mirrored]:
            for scale in self._averaging.scales:
                seen = luma.flip(-1) if mirrored else luma
                logits = self._seen_at(seen, size, scale)
                total = total + (logits.flip(-1) if mirrored else logits)
                count += 1
        return total / count

    def _seen_at(self, luma: Tensor, size: Sequence[Any], scale: float) -> Tensor:
        if scale == 1:
            return self._logits(luma)
        rows, columns = (
            torch.as_tensor(edge * scale).round().clamp(min=1).to(torch.int64) for edge in size
        )
        narrow = torch.matmul(luma, _shares(size[1], columns).T)
        shrunk = torch.matmul(_shares(size[0], rows), narrow)
        logits = self._logits(shrunk)
        return F.interpolate(logits, size, mode="bilinear", align_corners=False)


def trace(graph: nn.Module, path: Path, *, edge: int, outputs: dict[str, dict[int, str]]) -> None:
    """Export a graph with input ``luma`` (B, 1, H, W) of any size to an ONNX file.

    Args:
        graph: one of those above.
        path: of the file.
        edge: a size that the graph takes, in pixels.
        outputs: their names, and what their axes that vary are called.
    """
    luma = torch.rand(1, 1, 2 * edge, 3 * edge, generator=torch.Generator().manual_seed(0))
    varying = {"luma": {0: "batch", 2: "height", 3: "width"}} | outputs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's other exporter takes a hundred times as long
        torch.onnx.export(
            graph.eval(),
            (luma,),
            str(path),
            dynamo=False,
            input_names=["luma"],
            output_names=list(outputs),
            dynamic_axes=varying,
            opset_version=_OPSET,
        )


def _shares(before: Any, after: Tensor) -> Tensor:
    """Return the weights (after, before) with which a bilinear, antialiased row of pixels shrinks.

    The operation of ONNX for it exists, but its first implementation is off by a level.
    """
    ratio = torch.as_tensor(before).to(torch.float32) / after.to(torch.float32)
    rows: Any = after  # a number in a trace
    centers = (torch.arange(rows) + 0.5) * ratio
    apart = (torch.arange(before) + 0.5)[None, :] - centers[:, None]
    weights = (1 - apart.abs() / ratio.clamp(min=1)).clamp(min=0)
    return weights / weights.sum(1, keepdim=True)
