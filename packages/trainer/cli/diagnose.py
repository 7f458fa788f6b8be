"""``trainer diagnose``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option
from colorunet.cli.options import prediction_options

if TYPE_CHECKING:
    from colorunet.coloring.options import PredictionOptions


@click.command(name="diagnose")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("shards")
@click.option(
    "--split",
    type=click.Choice(["val", "test", "train"]),
    default="val",
    show_default=True,
    help="Split to judge on.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Most samples."
)
@prediction_options
@json_option
def command(
    run: Path,
    shards: str,
    split: str,
    limit: int,
    prediction: "PredictionOptions",
    as_json: bool,
) -> None:
    """Diagnose RUN on a split of SHARDS, in words.

    Checks for a poor palette, a network that predicts the prior only, a memorized layout,
    ineffective weights, too little training, and too high a decoding temperature; each with its
    evidence and remedy.

    \b
    trainer diagnose run shards
    """
    from trainer.diagnosis import diagnose, diagnosis_text
    from trainer.evaluation.result import EvaluationSettings
    from trainer.report.evaluation_job import watch_on_terminal

    settings = EvaluationSettings(split=split, limit=limit)
    diagnosis = diagnose(run, shards, settings, options=prediction, watch=watch_on_terminal)
    emit(diagnosis, as_json, "" if as_json else diagnosis_text(diagnosis))
