"""Marks of networks."""

from pathlib import Path

from colorunet.errors import ColorunetError
from colorunet.evidence.hashes import file_sha256
from colorunet.evidence.mark import Mark, today
from colorunet.parameters.meta import checkpoint_files
from colorunet.parameters.shipped import run_or_shipped


def mark_of_network(run: Path, name: str) -> Mark:
    """Return today's mark of a network.

    Args:
        run: the folder of the network.
        name: what the network is called.

    Raises:
        OSError: its parameters can't be read.
    """
    from colorunet import __version__  # noqa: PLC0415 - a package's root imports its rooms

    return Mark(__version__, Path(name).name, parameters_sha256(run), today())


def mark_of_named(network: str) -> Mark:
    """Return the mark of a shipped network or a run; other names give no sha256."""
    from colorunet import __version__  # noqa: PLC0415 - likewise

    try:
        return mark_of_network(run_or_shipped(network), network)
    except (ColorunetError, OSError):
        return Mark(__version__, network, "", today())


def parameters_sha256(run: Path) -> str:
    """Return the sha256 of the file with a network's parameters."""
    return file_sha256(checkpoint_files(run, "best")[1], within=run)
