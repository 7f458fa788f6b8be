"""Options that several commands share, and how every command speaks."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FINISHED_WITH_SKIPS = 3

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout."
)
seed_option = click.option(
    "--seed", default=0, show_default=True, help="Seed of everything that is random."
)
idle_seed_option = click.option(
    "--seed",
    type=int,
    expose_value=False,
    help="Taken as by every command; nothing here is drawn by chance.",
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace an output that is already there."
)
max_rejected_option = click.option(
    "--max-rejected",
    type=click.IntRange(min=0),
    default=None,
    help="Exit with 3 when more photos than this are rejected.  [default: no limit]",
)


def out_option(what: str, *, required: bool = True) -> Callable[[Any], Any]:
    """Return ``--out``, the same everywhere but for what is written."""
    return click.option(
        "--out", type=click.Path(path_type=Path), required=required, help=f"{what} to write."
    )


def emit(summary: Any, as_json: bool, text: str) -> None:
    """Print a result on stdout: the dataclass as one JSON object, or its text."""
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(summary), default=str))
    else:
        click.echo(text)


def exit_for_skips(skipped: int, allowed: int | None) -> None:
    """Exit with 3 where more was skipped than the user allowed."""
    if allowed is not None and skipped > allowed:
        raise SystemExit(FINISHED_WITH_SKIPS)
