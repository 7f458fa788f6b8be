"""The network that comes with the package, and where it lies."""

from importlib.resources import files
from pathlib import Path

from colorunet.errors import ColorunetError

SHIPPED_NETWORK = "colorunet-small"


def is_run(path: Path) -> bool:
    """Whether a path is a folder with a checkpoint in it."""
    return any((path / f"{name}.safetensors").is_file() for name in ("last", "best"))


def shipped_run() -> Path:
    """Return the folder of the shipped network; it holds what a run holds.

    Raises:
        ColorunetError: this installation has none.
    """
    folder = Path(str(files("colorunet"))) / "networks_shipped" / SHIPPED_NETWORK
    if not is_run(folder):
        raise ColorunetError(
            f"the network {SHIPPED_NETWORK} isn't in this installation; give a run first: "
            "colorunet RUN IMAGE… -o DIR"
        )
    return folder
