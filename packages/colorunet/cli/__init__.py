"""The command line: one module per command, loaded on use; paths alone are colourised."""

import os

import click

from colorfiles.commands import LazyGroup, did_you_mean

COMMANDS = {
    "colorize": "colorunet.cli.colorize",
    "serve": "colorunet.cli.serve",
    "page": "colorunet.cli.page",
    "export": "colorunet.cli.export",
    "verify": "colorunet.cli.verify",
    "restore": "colorunet.cli.restore",
}


class _PathsToo(LazyGroup):
    """``colorunet photo.jpg`` is ``colorunet colorize photo.jpg``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        first = next((word for word in args if word != "--debug"), None)
        if first is not None and first not in own | set(COMMANDS):
            meant = did_you_mean(first, COMMANDS)
            if meant and not os.path.lexists(first):
                ctx.fail(f"{first!r}: no such file or folder, and no command{meant}")
            at = args.index(first)
            args = [*args[:at], "colorize", *args[at:]]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Show PHOTO... before COMMAND in the usage line."""
        return ["[OPTIONS] PHOTO...  |  COMMAND ..."]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options of colorize, then the commands and the group's own options."""
        colorize = self.get_command(ctx, "colorize")
        assert colorize is not None
        with colorize.make_context(
            "colorize", ["--help"], parent=ctx, resilient_parsing=True
        ) as sub:
            records = [
                record
                for parameter in colorize.get_params(sub)
                if isinstance(parameter, click.Option)
                and (record := parameter.get_help_record(sub))
                and "--help" not in record[0]
            ]
        with formatter.section("Options of colourising"):
            formatter.write_dl(records)
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)


@click.group(
    cls=_PathsToo, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="colorunet")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Colourise photos, folders of photos, and films.

    \b
    colorunet photo.jpg
    colorunet album/ -o album-in-colour
    colorunet photo.jpg --vividness 0.7 --compare
    colorunet serve

    PHOTO... is short for colorize PHOTO...; `colorunet COMMAND --help` explains each command.
    """
