"""``trainer calibrate``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option, say
from colorunet.cli.options import averaging_options

if TYPE_CHECKING:
    from colorunet.coloring.options import PredictionOptions


@click.command(name="calibrate")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("shards", nargs=-1, required=True)
@click.option(
    "--split",
    type=click.Choice(["val", "test", "train"]),
    default="val",
    show_default=True,
    help="Split to choose on; report figures of another one.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Photos of each set at most.",
)
@averaging_options
@click.option("--dry-run", is_flag=True, help="Print the choice and write nothing.")
@json_option
def command(
    run: Path,
    shards: tuple[str, ...],
    split: str,
    limit: int,
    prediction: "PredictionOptions",
    dry_run: bool,
    as_json: bool,
) -> None:
    """Choose how the logits of RUN become colours, on held-out photos of SHARDS.

    First, by the error of the colours: whether the logits of the photo at half its size are
    averaged in; --scales and --mirrored fix it instead. Then temperature, caution, saturation and
    an offset for each bin, so that the measures miss their criteria least: nearer to truth than
    gray in every hue family, about as many colours as truth and as strong, and no bin far too
    frequent. Several sets have equal weight. The choice is written into RUN and used by all other
    commands; the trained parameters don't change.

    \b
    trainer calibrate runs/small shards
    """
    from functools import partial

    from colorfiles.progress import progress
    from trainer.calibration.job import calibrate_run
    from trainer.calibration.text import calibration_text
    from trainer.report.evaluation_job import watch_on_terminal

    calibration = calibrate_run(
        run,
        shards,
        split=split,
        limit=limit,
        options=prediction,
        write=not dry_run,
        watch=watch_on_terminal,
        reporting=partial(progress, "trying decodings"),
    )
    emit(calibration, as_json, "" if as_json else calibration_text(calibration, shards))
    if not dry_run:
        say(f"written: {run / 'best.json'}")
