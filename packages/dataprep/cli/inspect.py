"""``dataprep inspect``."""

import click

from colorfiles.commands import emit, json_option, overwrite_option, say
from dataprep.cli.options import idle_seed_option


@click.command(name="inspect")
@click.argument("shards")
@click.option("--html", help="Page to write, self-contained.")
@click.option("--contact-sheet", help="PNG to write: samples as luma | colour from bins.")
@click.option("--contact", hidden=True, help="Old name of --contact-sheet.")
@overwrite_option
@idle_seed_option
@json_option
def command(
    shards: str,
    html: str | None,
    contact_sheet: str | None,
    contact: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Show a shard set's counts, bytes, colours, palette ceiling and licences.

    \b
    dataprep inspect shards --html shards.html --contact-sheet sheet.png
    """
    from colorfiles.outputs import is_finished, is_page, is_png, made_from, write_file
    from colorfiles.progress import progress
    from dataprep.inspection.samples import inspect_shards
    from dataprep.inspection.text import inspection_text
    from dataprep.shards.shard_set import ShardSet

    if contact:
        say("--contact is called --contact-sheet now")
    contact_sheet = contact_sheet or contact
    opened = ShardSet.open(shards)
    digest = made_from("inspect", opened.index)
    unfinished = {
        address
        for address, own in ((html, is_page), (contact_sheet, is_png))
        if address and not is_finished(address, digest, overwrite=overwrite, own=own)
    }
    with progress("inspect", len(opened.shards)) as report:
        inspection = inspect_shards(opened, report=report)
    if html in unfinished:
        from dataprep.inspection.page import inspection_html

        write_file(html, inspection_html(opened, inspection, digest=digest).encode())
    if contact_sheet in unfinished:
        from dataprep.inspection.contact_sheet import contact_sheet_png

        write_file(contact_sheet, contact_sheet_png(opened, digest=digest))
    emit(inspection, as_json, inspection_text(inspection))
    for address in unfinished:
        say(f"written: {address}")
