"""The command line: one module per command, loaded on use."""

import click

from colorfiles.commands import LazyGroup

COMMANDS = {
    "fit": "trainer.cli.fit",
    "evaluate": "trainer.cli.evaluate",
    "calibrate": "trainer.cli.calibrate",
    "colorize": "colorunet.cli.colorize",
    "diagnose": "trainer.cli.diagnose",
    "recipes": "trainer.cli.recipes",
    "networks": "trainer.cli.networks",
}


@click.group(
    cls=LazyGroup, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="colorunet")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Train a colouriser from shards, judge it, and colourise with it.

    \b
    trainer fit shards --out run --recipe small
    trainer evaluate run shards
    trainer colorize run photo.jpg --out colored
    """
