"""``dataprep shard``."""

from pathlib import Path
from typing import Any

import click

from colorfiles.commands import emit, exit_for_skips, json_option, overwrite_option, size_option
from colorfiles.engines.options import engine_options, make_engine
from dataprep.cli.options import max_rejected_option, seed_option

_RATIOS = "90/10/90/10"


class _ShardCommand(click.Command):
    """Lets ``--split`` stand before anything: only a ratio is taken for its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = []
        for position, arg in enumerate(args):
            following = args[position + 1] if position + 1 < len(args) else ""
            # Click would take the folder in `--split PHOTOS` for the ratios.
            bare = arg == "--split" and not _looks_like_ratios(following)
            words.append(f"--split={_RATIOS}" if bare else arg)
        return super().parse_args(ctx, words)


def _looks_like_ratios(text: str) -> bool:
    parts = text.split("/")
    return len(parts) > 1 and all(part.replace(".", "", 1).isdigit() for part in parts)


@click.command(name="shard", cls=_ShardCommand)
@click.argument("photos")
@click.option("--out", required=True, help="Folder or address for the shard set to write.")
@click.option("--palette", required=True, help="palette.json of `dataprep palette`.")
@click.option(
    "--split",
    metavar="[RATIOS]",
    default=_RATIOS,
    help="Split by photo: rest/test/train/val in percent, the last two of the rest.  "
    f"[default: {_RATIOS}]",
)
@click.option(
    "--split-file",
    type=click.Path(path_type=Path),
    help="CSV with the columns key and split instead, and views where training photos get fewer; "
    "photos not in it are left out.",
)
@click.option(
    "--views",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Views of a training photo.",
)
@size_option
@click.option(
    "--augment",
    type=click.Choice(["train", "all"]),
    default="train",
    show_default=True,
    help="Which splits get more than the center view.",
)
@click.option(
    "--noise-sigma",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Noise on the luma of every fourth random view, in units of Y (0 to 1).",
)
@click.option(
    "--luma",
    type=click.Choice(["jpeg", "png"]),
    default="jpeg",
    show_default=True,
    help="How luma is stored: JPEG quality 95, or lossless PNG.",
)
@click.option("--keep-rgb", is_flag=True, help="Store the colour crop of training samples too.")
@click.option(
    "--small",
    type=click.Choice(["upscale", "reject"]),
    default="upscale",
    show_default=True,
    help="What to do with photos smaller than --size.",
)
@click.option(
    "--shard-size",
    type=click.IntRange(min=1),
    help="Samples a shard.  [default: about 128 MB, at most 4096]",
)
@engine_options
@click.option(
    "--resume",
    is_flag=True,
    help="Also replace shards of unknown origin.",
)
@overwrite_option
@seed_option
@max_rejected_option
@json_option
def command(photos: str, **options: Any) -> None:
    """Cut the PHOTOS of a folder into views and write them as labelled training shards.

    The same command resumes a stopped run, and ends at once if the set is complete.

    \b
    dataprep shard photos --split --palette palette.json --out shards
    dataprep shard photos --split 80/20/90/10 --palette palette.json --out shards --workers 8
    """
    from colorfiles.progress import progress
    from colorfiles.storage import Storage
    from dataprep.palettes.palette_file import read_palette
    from dataprep.photos.reading import kept_photos
    from dataprep.photos.splits import SplitRatios, read_split_file
    from dataprep.shards.earlier_work import Existing
    from dataprep.shards.text import shards_text
    from dataprep.shards.view_counts import read_view_counts
    from dataprep.shards.views import ViewSettings
    from dataprep.shards.writing import ShardSettings, write_shards

    if options["resume"] and options["overwrite"]:
        raise click.UsageError("--resume and --overwrite exclude each other")
    own = ("size", "views", "luma", "noise_sigma", "seed", "augment", "keep_rgb", "small")
    try:
        views = ViewSettings(**{name: options[name] for name in own})
        ratios = SplitRatios.parse(options["split"])
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    existing: Existing = (
        "resume" if options["resume"] else "overwrite" if options["overwrite"] else "same"
    )
    file = options["split_file"]
    split_file = read_split_file(file) if file else None
    counts = read_view_counts(file, views.views) if file else {}
    palette = read_palette(options["palette"])
    rows = kept_photos(photos)
    with progress("shard", len(rows)) as report:
        summary = write_shards(
            rows,
            Storage(photos),
            Storage(options["out"]),
            palette=palette,
            settings=ShardSettings(views, ratios, split_file, options["shard_size"], counts),
            engine=make_engine(options),
            existing=existing,
            report=report,
        )
    emit(summary, options["as_json"], shards_text(summary))
    exit_for_skips(summary.skipped_photos, options["max_rejected"])
