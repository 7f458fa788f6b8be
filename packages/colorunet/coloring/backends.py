"""What can run a network here: torch, on a GPU or not, or ONNX Runtime alone."""

import sys
from importlib.util import find_spec
from pathlib import Path

from colorunet.errors import ColorunetError
from colorunet.parameters.shipped import ONNX_FILE


def has_gpu() -> bool:
    """Whether torch is there and sees a GPU; looking costs a second, so not without the driver."""
    if find_spec("torch") is None or not (
        sys.platform == "darwin" or Path("/dev/nvidia0").exists()
    ):
        return False
    from colorunet.coloring.torch_network import best_device  # noqa: PLC0415 - needs torch

    return best_device().type != "cpu"


def require_torch(folder: Path) -> None:
    """Raise ColorunetError, which says what to do, where there is no torch to run a network."""
    if find_spec("torch") is None:
        raise ColorunetError(
            f"{folder}: it has no {ONNX_FILE}, and torch isn't installed: pip install "
            "'.[trainer]', or write that file with `colorunet export` where it was trained"
        )
