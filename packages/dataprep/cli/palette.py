"""``dataprep palette``."""

from typing import Any

import click

from dataprep.cli.engine_options import engine_options, make_engine
from dataprep.cli.options import emit, json_option, overwrite_option, seed_option


@click.command(name="palette")
@click.argument("photos", nargs=-1, required=True)
@click.option("--out", required=True, help="Palette file (JSON) to write.")
@click.option("--bins", default=32, show_default=True, help="How many bins, 2 to 255.")
@click.option(
    "--method",
    type=click.Choice(["grid", "kmeans", "auto"]),
    default="kmeans",
    show_default=True,
    help="Fullest cells of a grid, or k-means with a neutral bin.",
)
@click.option("--cells", type=click.IntRange(2, 1024), help="Cells a side for --method grid.")
@click.option("--even-grid", is_flag=True, help="Put neutral on a corner of four cells.")
@click.option("--plot", help="Figure (PNG) of the palette to write.")
@click.option(
    "--lam", default=0.3, show_default=True, help="λ of the weights that the figure shows."
)
@engine_options
@overwrite_option
@seed_option
@json_option
def command(photos: tuple[str, ...], **options: Any) -> None:
    """Learn a palette of colour bins and their prior from photo folders.

    \b
    dataprep palette photos --bins 32 --out palette.json --plot palette.png
    """
    from dataprep.palette_file import refuse_existing, write_palette
    from dataprep.palettes import PaletteSettings, batches, learn_palette
    from dataprep.photo_reading import kept_photos
    from dataprep.progress import progress
    from dataprep.storage import Storage

    try:
        settings = PaletteSettings(
            bins=options["bins"],
            method=options["method"],
            cells=options["cells"],
            neutral_centered=not options["even_grid"],
            seed=options["seed"],
            lam=options["lam"],
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    refuse_existing(options["out"], overwrite=options["overwrite"])
    tasks = [task for folder in photos for task in batches(Storage(folder), kept_photos(folder))]
    with progress("palette", sum(len(task.photos) for task in tasks)) as report:
        palette, summary = learn_palette(
            tasks, settings, engine=make_engine(options), report=report
        )
    write_palette(palette, options["out"], overwrite=options["overwrite"])
    if options["plot"]:
        from dataprep.palette_file import parent_and_name
        from dataprep.palette_plot import palette_png

        folder, name = parent_and_name(options["plot"])
        folder.make()
        folder.write(name, palette_png(palette, lam=options["lam"]))
    emit(
        summary,
        options["as_json"],
        f"{summary.n} bins ({summary.method}) from {summary.photos} photos: {options['out']}",
    )
