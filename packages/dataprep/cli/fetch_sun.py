"""``dataprep fetch-sun``."""

from pathlib import Path

import click

from colorfiles.commands import emit, exit_for_skips, json_option, out_option, say
from dataprep.cli.options import (
    decoding_threads_option,
    max_rejected_option,
    min_edge_option,
    seed_option,
)


@click.command(name="fetch-sun")
@click.argument("source")
@out_option("Photo folder")
@click.option(
    "--classes",
    default="220",
    show_default=True,
    help="220 (the outdoor ones), all, another number, a file with one a line, or names: ocean,…",
)
@click.option(
    "--per-class",
    default=10,
    show_default=True,
    type=click.IntRange(min=1),
    help="Photos of each class.",
)
@seed_option
@click.option("--partition", type=click.Path(path_type=Path), help="Draw from its paths only.")
@click.option(
    "--md5",
    default="",
    metavar="HEX",
    help="What the archive's md5 should be; sun397 for the known one.",
)
@min_edge_option
@decoding_threads_option
@max_rejected_option
@json_option
def command(
    source: str,
    out: Path,
    classes: str,
    per_class: int,
    seed: int,
    partition: Path | None,
    md5: str,
    min_edge: int,
    workers: int,
    max_rejected: int | None,
    as_json: bool,
) -> None:
    """Draw photos of each class of the SUN database from SOURCE into a photo folder.

    SOURCE is SUN397's folder, its .tar or .tar.gz, an http(s) address of one, or - for an archive
    that is piped in; it is read once, as a stream. The same seed draws the same photos from each.
    Unusable files are replaced by the next in the draw's order and listed with their reason. A
    second run adds missing photos.

    \b
    dataprep fetch-sun SUN397.tar.gz --out photos
    dataprep fetch-sun SUN397 --classes beach,ocean,church/outdoor --per-class 50 --out photos
    """
    import dataclasses

    from colorfiles.progress import progress
    from dataprep.errors import DataprepError
    from dataprep.sources.sun.classes import UnknownClass
    from dataprep.sources.sun.draw import SunSettings
    from dataprep.sources.sun.fetch import failure, fetch_sun, words_about
    from dataprep.sources.sun.rows import SUN_LIMITS
    from dataprep.sources.sun.tree import read_partition
    from dataprep.sources.text import sun_text

    settings = SunSettings(
        per_class=per_class,
        seed=seed,
        limits=dataclasses.replace(SUN_LIMITS, min_edge_px=min_edge),
        only=read_partition(partition) if partition else None,
        workers=workers,
    )
    try:
        summary = fetch_sun(
            source, out, classes=classes, settings=settings, md5=md5, progress=progress
        )
    except UnknownClass as error:
        raise click.BadParameter(str(error), param_hint="--classes") from None
    emit(summary, as_json, sun_text(summary, out))
    for line in words_about(summary):
        say(f"dataprep: {line}")
    if failure(summary, source):
        raise DataprepError(failure(summary, source))
    exit_for_skips(summary.rejected, max_rejected)
    exit_for_skips(len(summary.absent) if summary.named else 0, 0)
