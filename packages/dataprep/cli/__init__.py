"""The command line: one module per command, loaded on use."""

import click

from colorfiles.commands import LazyGroup

COMMANDS = {
    "import": "import_",
    "fetch-flickr": "fetch_flickr",
    "fetch-sun": "fetch_sun",
    "refresh": "refresh",
    "palette": "palette",
    "shard": "shard",
    "inspect": "inspect",
    "verify": "verify",
    "doctor": "doctor",
}


@click.group(
    cls=LazyGroup,
    modules={name: f"dataprep.cli.{module}" for name, module in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="colorunet")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Gather photos, learn a palette, write training shards.

    \b
    dataprep import my-photos --out photos
    dataprep palette photos --out palette.json --plot palette.png
    dataprep shard photos --split --palette palette.json --out shards
    """
