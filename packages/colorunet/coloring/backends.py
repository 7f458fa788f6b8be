"""Backends that run a network: torch, with or without a GPU, or ONNX Runtime."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, UInt8

from colorunet.coloring.averaging import Averaging
from colorunet.errors import ColorunetError
from colorunet.parameters.shipped import ONNX_FILE


class LogitsNetwork(Protocol):
    """Anything that gives a photo's logits: ``TorchNetwork`` or ``OnnxNetwork``."""

    def logits(self, luma: UInt8[np.ndarray, "h w"], averaging: Averaging) -> Float[Any, "h w n"]:
        """Return the logits of every pixel, bins on the last axis."""

    def coarse_logits(
        self, luma: UInt8[np.ndarray, "h w"], averaging: Averaging
    ) -> Float[Any, "hc wc n"]:
        """Return the logits at the network's resolution, at most that of the photo."""


def has_gpu() -> bool:
    """Whether torch sees a GPU; without a driver torch isn't loaded, which takes a second."""
    if find_spec("torch") is None or not (
        sys.platform == "darwin" or Path("/dev/nvidia0").exists()
    ):
        return False
    from colorunet.coloring.torch_network import best_device  # noqa: PLC0415 - needs torch

    return best_device().type != "cpu"


def require_torch(folder: Path) -> None:
    """Raise ColorunetError, with advice, if torch isn't installed."""
    if find_spec("torch") is None:
        if (folder / ONNX_FILE).is_file():
            raise ColorunetError(
                "torch isn't installed: pip install '.[trainer]', or take backend=\"onnx\""
            )
        raise ColorunetError(
            f"{folder}: it has no {ONNX_FILE}, and torch isn't installed: pip install "
            "'.[trainer]', or write that file with `colorunet export` where it was trained"
        )


def as_logits_network(network: Any, device: Any) -> LogitsNetwork:
    """Return a LogitsNetwork as it is, and wrap a torch module on a device."""
    if hasattr(network, "logits"):
        as_it_is: LogitsNetwork = network
        return as_it_is
    from colorunet.coloring.torch_network import TorchNetwork  # noqa: PLC0415 - needs torch

    return TorchNetwork(network, device)
