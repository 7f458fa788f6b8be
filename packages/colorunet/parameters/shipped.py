"""Networks that come with the package, and their folders."""

from importlib.resources import files
from pathlib import Path

from colorunet.errors import ColorunetError
from colorunet.parameters.meta import checkpoint_files

SHIPPED_NETWORKS = {
    "colorunet": "colours that are right on ordinary photographs; pretrained on ImageNet",
    "colorunet-listed": "learnt from listed photos alone, without a pretrained encoder",
}
_FORMER_NAMES = {"colorunet-small": "colorunet-listed"}  # it is the larger of the two
DEFAULT_NETWORK = "colorunet"
ONNX_FILE = "network.onnx"


def is_run(path: Path) -> bool:
    """Whether a path is a folder with a checkpoint in it."""
    return any(checkpoint_files(path, which)[1].is_file() for which in ("last", "best"))


def network_name(name: str) -> str:
    """Return the present name of a shipped network; other names are unchanged."""
    return _FORMER_NAMES.get(name, name)


def shipped_run(name: str = DEFAULT_NETWORK) -> Path:
    """Return the folder of a shipped network, which is a run.

    Raises:
        ColorunetError: there is no network of that name, or this installation lacks it.
    """
    name = network_name(name)
    if name not in SHIPPED_NETWORKS:
        raise ColorunetError(
            f"network {name!r}: expected {' or '.join(SHIPPED_NETWORKS)}, or the folder of a run"
        )
    folder = Path(str(files("colorunet"))) / "networks_shipped" / name
    if not is_run(folder):
        raise ColorunetError(
            f"the network {name} isn't in this installation; give a run first: "
            "colorunet RUN IMAGE… -o DIR"
        )
    return folder


def run_or_shipped(text: str) -> Path:
    """Return a run's folder, or that of a shipped network by name.

    Raises:
        ColorunetError: it is neither.
    """
    return Path(text) if is_run(Path(text)) else shipped_run(text)
