"""The command line: one file a command, loaded when it is called."""

import importlib
from importlib.util import find_spec

import click

COMMANDS = {
    "fit": "fit",
    "evaluate": "evaluate",
    "calibrate": "calibrate",
    "colorize": "colorize",
    "diagnose": "diagnose",
    "export": "export",
    "serve": "serve",
    "networks": "networks",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name, module in COMMANDS.items() if _exists(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS or not _exists(COMMANDS[cmd_name]):
            return None
        module = importlib.import_module(f"trainer.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


def _exists(module: str) -> bool:
    return find_spec(f"trainer.cli.{module}") is not None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="colorunet")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Train a colouriser from shards, judge it, and colourise with it.

    \b
    trainer fit shards --out run --recipe small
    trainer evaluate run shards
    trainer colorize run photo.jpg --out colored
    """
