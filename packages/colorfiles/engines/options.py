"""Command-line options that choose the engine and its workers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from colorfiles.engines.engine import Engine


workers_option = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]"
)


def engine_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--engine``, ``--workers`` and ``--ray-address`` to a command."""
    for option in (
        click.option("--ray-address", help="Running Ray cluster.  [default: one made here]"),
        workers_option,
        click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Processes on this machine, or a Ray cluster.",
        ),
    ):
        function = option(function)
    return function


def make_engine(options: dict[str, Any]) -> "Engine":
    """Return the engine that the options ask for."""
    from colorfiles.engines.local import LocalEngine  # noqa: PLC0415 - commands load it when run
    from colorfiles.engines.ray import RayEngine  # noqa: PLC0415 - likewise

    if options["engine"] == "ray" or options["ray_address"]:
        return RayEngine(options["ray_address"], options["workers"])
    return LocalEngine(options["workers"])
