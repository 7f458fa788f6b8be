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
    from colorfiles.palette_file import is_png, parent_and_name, refuse_existing
    from colorfiles.progress import progress
    from dataprep.inspection.samples import inspect_shards
    from dataprep.inspection.text import inspection_text
    from dataprep.shards.shard_set import ShardSet

    if contact:
        refuse_existing(contact, overwrite=overwrite, own=is_png)
    opened = ShardSet.open(shards)
    with progress("inspect", len(opened.shards)) as report:
        inspection = inspect_shards(opened, report=report)
    if contact:
        from dataprep.inspection.contact_sheet import contact_sheet_png

        folder, name = parent_and_name(contact)
        folder.make()
        folder.write(name, contact_sheet_png(opened))
    text = inspection_text(inspection)
    emit(inspection, as_json, text + (f"\ncontact sheet: {contact}" if contact else ""))
