"""``dataprep import``."""

from pathlib import Path

import click

from colorfiles.commands import emit, exit_for_skips, json_option, out_option, say
from dataprep.cli.options import (
    decoding_threads_option,
    idle_seed_option,
    max_rejected_option,
    min_edge_option,
)


@click.command(name="import")
@click.argument("folder", type=click.Path(path_type=Path))
@out_option("Photo folder")
@min_edge_option
@click.option(
    "--metadata",
    type=click.Path(path_type=Path),
    help="CSV with a column 'path' and any of license_name, owner_name, title, page_url…",
)
@decoding_threads_option
@max_rejected_option
@idle_seed_option
@json_option
def command(
    folder: Path,
    out: Path,
    min_edge: int,
    metadata: Path | None,
    workers: int,
    max_rejected: int | None,
    as_json: bool,
) -> None:
    """Bring a FOLDER tree of images into a photo folder with a manifest.

    Every file is verified by decoding it. Gray, toned (sepia and other tints of gray), tiny, broken
    and (near-)duplicate images are rejected, each with its reason in manifest.parquet; hidden
    folders and those of programs, such as @eaDir, are skipped. The name of an image's folder
    becomes its class. A second run adds new images, and updates the --metadata of earlier ones.

    \b
    dataprep import ~/Pictures --out photos
    """
    from colorfiles.progress import progress
    from dataprep.photos.imaging import ImageLimits
    from dataprep.sources.folder import import_folder
    from dataprep.sources.image_tree import image_tree
    from dataprep.sources.metadata_table import read_metadata, some_of
    from dataprep.sources.text import import_text

    rows = read_metadata(metadata) if metadata else None
    for fault in rows.faults if rows else ():
        say(f"{metadata}: {fault}")
    tree = image_tree(folder, out)
    with progress("import", len(tree.paths)) as report:
        summary = import_folder(
            tree,
            out,
            limits=ImageLimits(min_edge_px=min_edge),
            metadata=rows,
            workers=workers,
            report=report,
        )
    if unmatched := summary.metadata_unmatched:
        say(f"{metadata}: {len(unmatched)} rows match no image: {some_of(unmatched)}")
    if summary.left_out:
        say("not looked at: " + ", ".join(f"{n} {what}" for what, n in summary.left_out.items()))
    emit(summary, as_json, import_text(summary, out))
    exit_for_skips(summary.rejected, max_rejected)
