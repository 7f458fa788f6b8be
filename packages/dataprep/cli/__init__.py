"""The command line: one file a command, loaded when it is called."""

import importlib

import click

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


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dataprep.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="colorunet")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Gather photos, learn a palette, write training shards.

    \b
    dataprep import my-photos --out photos
    dataprep palette photos --out palette.json --plot palette.png
    dataprep shard photos --split --palette palette.json --out shards
    """
