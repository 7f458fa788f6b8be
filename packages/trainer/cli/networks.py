"""``trainer networks``."""

import click

from colorfiles.commands import bins_option, emit, json_option, size_option


@click.command()
@bins_option
@size_option
@json_option
def command(bins: int, size: int, as_json: bool) -> None:
    """Print the parameters, operations and receptive field of each network.

    \b
    trainer networks --bins 32
    """
    from colorunet.networks.table import network_table, table_text

    table = network_table(bins=bins, size=size)
    emit(table, as_json, table_text(table))
