"""``dataprep inspect``."""

import click

from colorfiles.commands import emit, json_option, overwrite_option
from dataprep.cli.options import idle_seed_option


@click.command(name="inspect")
@click.argument("shards")
@click.option("--contact", help="Contact sheet (PNG) of samples to write: luma | colour from bins.")
@overwrite_option
@idle_seed_option
@json_option
def command(shards: str, contact: str | None, overwrite: bool, as_json: bool) -> None:
    """Say what a shard set has: counts, bytes, colors, the palette's ceiling, licences.

    \b
    dataprep inspect shards --contact sheet.png
    """
    from colorfiles.outputs import is_finished, is_png, made_from, write_file
    from colorfiles.progress import progress
    from dataprep.inspection.samples import inspect_shards
    from dataprep.inspection.text import inspection_text
    from dataprep.shards.shard_set import ShardSet

    opened = ShardSet.open(shards)
    digest = made_from("inspect", opened.index)
    drawn = not contact or is_finished(contact, digest, overwrite=overwrite, own=is_png)
    with progress("inspect", len(opened.shards)) as report:
        inspection = inspect_shards(opened, report=report)
    if contact and not drawn:
        from dataprep.inspection.contact_sheet import contact_sheet_png

        write_file(contact, contact_sheet_png(opened, digest=digest))
    text = inspection_text(inspection)
    emit(inspection, as_json, text + (f"\ncontact sheet: {contact}" if contact else ""))
