"""``dataprep doctor``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option


@click.command(name="doctor")
@click.option(
    "--at",
    "folder",
    type=click.Path(path_type=Path),
    default=".",
    help="Folder whose disk's free space is shown.  [default: this one]",
)
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Show Pillow, torch, devices and free space of this machine, and whether a Flickr key is set.

    \b
    dataprep doctor --json
    """
    from dataprep.doctor import describe, diagnose

    diagnosis = diagnose(folder)
    emit(diagnosis, as_json, describe(diagnosis))
