"""``trainer networks``."""

import click

from colorfiles.commands import emit, json_option


@click.command()
@click.option(
    "--bins",
    type=click.IntRange(2, 255),
    default=32,
    show_default=True,
    help="Bins of the palette.",
)
@click.option(
    "--size",
    type=click.IntRange(16, 2048),
    default=256,
    show_default=True,
    help="Edge of an image, in pixels.",
)
@json_option
def command(bins: int, size: int, as_json: bool) -> None:
    """Print what each network costs and sees.

    \b
    trainer networks --bins 32
    """
    from colorunet.networks.table import network_table, table_text

    table = network_table(bins=bins, size=size)
    emit(table, as_json, table_text(table))
