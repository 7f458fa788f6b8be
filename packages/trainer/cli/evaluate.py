"""``trainer evaluate``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option, overwrite_option, say
from colorunet.cli.options import (
    mirrored_option,
    saturation_option,
    scales_option,
    temperature_option,
)

_SWEEP_IMAGES = 48


@click.command(name="evaluate")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("shards")
@click.option(
    "--split",
    type=click.Choice(["test", "val", "train"]),
    default=None,
    help="What to measure on.  [default: test; val with --sweep-temperature]",
)
@temperature_option
@saturation_option
@scales_option
@mirrored_option
@click.option(
    "--sweep-temperature",
    is_flag=True,
    help="Also measure at other temperatures and suggest one; take it from another split than "
    "the one you report.",
)
@click.option(
    "--perceptual",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also measure LPIPS, FID or both, with the pretrained parameters in DIR; where it lacks "
    "them, the message says which files and where they can be had.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Measure the first N samples only.")
@click.option("--html", type=click.Path(path_type=Path), help="Page to write, self-contained.")
@click.option(
    "--contact-sheet", type=click.Path(path_type=Path), help="PNG to write: rows of photos."
)
@overwrite_option
@json_option
def command(
    run: Path,
    shards: str,
    split: str | None,
    temperature: float | None,
    saturation: float | None,
    scales: tuple[float, ...] | None,
    mirrored: bool | None,
    sweep_temperature: bool,
    perceptual: Path | None,
    limit: int | None,
    html: Path | None,
    contact_sheet: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Measure RUN on a split of SHARDS, beside truth, the palette's ceiling and baselines.

    The table names each measure; --json holds their full definitions, the figures of every image
    and 95 % intervals.
    """
    from trainer.evaluation.evaluate import EvaluationSettings
    from trainer.evaluation.text import evaluation_text
    from trainer.report.evaluation_job import Outputs, evaluate_run, watch_on_terminal

    evaluation = evaluate_run(
        run,
        shards,
        EvaluationSettings(
            split=split or ("val" if sweep_temperature else "test"),
            limit=limit,
            sweep_images=_SWEEP_IMAGES if sweep_temperature or html else 0,
        ),
        temperature=temperature,
        saturation=saturation,
        scales=scales,
        mirrored=mirrored,
        perceptual=perceptual,
        outputs=Outputs(html=html, contact_sheet=contact_sheet, overwrite=overwrite),
        watch=watch_on_terminal,
    )
    emit(evaluation, as_json, "" if as_json else evaluation_text(evaluation))
    for path in (html, contact_sheet):
        if path is not None:
            say(f"written: {path}")
