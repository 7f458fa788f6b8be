"""``dataprep palette``."""

from typing import Any

import click

from colorfiles.commands import bins_option, emit, json_option, overwrite_option
from colorfiles.engines.options import engine_options, make_engine
from dataprep.cli.options import seed_option


@click.command(name="palette")
@click.argument("photos", nargs=-1, required=True)
@click.option("--out", required=True, help="Palette file (JSON) to write.")
@bins_option
@click.option(
    "--method",
    type=click.Choice(["grid", "kmeans", "auto"]),
    default="kmeans",
    show_default=True,
    help="Fullest cells of a grid, k-means with a neutral bin, or the better one, measured.",
)
@click.option("--cells", type=click.IntRange(2, 1024), help="Cells a side for --method grid.")
@click.option("--even-grid", is_flag=True, help="Put neutral on a corner of four cells.")
@click.option(
    "--emphasis",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="For k-means: below 1 gives rare colours more bins.",
)
@click.option("--plot", help="Figure (PNG) of the palette to write.")
@click.option(
    "--lam",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="λ of the weights that the figure shows.",
)
@engine_options
@overwrite_option
@seed_option
@json_option
def command(photos: tuple[str, ...], **options: Any) -> None:
    """Learn a palette of colour bins and their prior from photo folders or shard sets.

    Prints the palette's ceiling (measures of the photos quantised to its colours) and the expected
    error of the prior. Of a shard set the training samples are counted. An existing palette of the
    same photos and settings is kept, and its summary is printed again.

    \b
    dataprep palette photos --bins 32 --out palette.json --plot palette.png
    dataprep palette photos --method auto --out palette.json
    """
    from dataprep.palettes.job import PaletteOutputs, make_palette
    from dataprep.palettes.learning import PaletteSettings
    from dataprep.palettes.text import palette_text

    own = ("bins", "method", "cells", "seed", "emphasis", "lam")
    try:
        settings = PaletteSettings(
            **{name: options[name] for name in own}, neutral_centered=not options["even_grid"]
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    outputs = PaletteOutputs(options["out"], options["plot"] or "", options["overwrite"])
    summary = make_palette(photos, settings, outputs, engine=make_engine(options))
    emit(summary, options["as_json"], palette_text(summary, options["out"]))
