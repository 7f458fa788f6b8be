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
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace an output that is already there."
)

temperature_option = click.option(
    "--temperature",
    type=click.FloatRange(0, 1, min_open=True),
    default=None,
    help="Of the annealed mean: 1 muted, near 0 vivid.  [default: the network's own, or 0.38]",
)
saturation_option = click.option(
    "--saturation",
    type=click.FloatRange(0, 4, min_open=True),
    default=None,
    help="Factor on the chroma.  [default: the network's own, or 1]",
)


def _scales(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    from trainer.averaging import Averaging

    try:
        scales = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"expected numbers such as 0.5,1, given {text!r}") from None
    try:
        return Averaging(scales).scales
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


scales_option = click.option(
    "--scales",
    metavar="SHARES",
    callback=_scales,
    help="Sizes of a photo, as shares of its own, whose logits are averaged: such as 0.5,1.  "
    "[default: the network's own, or 1]",
)
mirrored_option = click.option(
    "--mirrored/--not-mirrored",
    default=None,
    help="Also average over the mirror image, in twice the time.  [default: the network's own, "
    "or not]",
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
