"""Conventions of the command lines: lazy commands, common options, printing of results."""

import dataclasses
import importlib
import json
import math
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from colorfiles.errors import Interrupted
from colorfiles.outside.words import shown

FINISHED_WITH_SKIPS = 3

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout."
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace an output that is already there."
)
bins_option = click.option(
    "--bins",
    type=click.IntRange(2, 255),
    default=32,
    show_default=True,
    help="Bins of the palette.",
)
size_option = click.option(
    "--size",
    type=click.IntRange(16, 2048),
    default=256,
    show_default=True,
    help="Edge of an image, in pixels.",
)


def out_option(what: str, *, required: bool = True) -> Callable[[Any], Any]:
    """Return ``--out`` with a help text that names what is written."""
    return click.option(
        "--out", type=click.Path(path_type=Path), required=required, help=f"{what} to write."
    )


@contextmanager
def _own_interruptions() -> Iterator[None]:
    """Report Ctrl-C as an interruption, and an EOFError as the error that it is."""
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is ending already
        raise Interrupted from None
    except EOFError as error:
        raise RuntimeError(f"end of data ({error})") from error


class LazyGroup(click.Group):
    """A group whose commands are modules that are imported when they are called.

    Args:
        modules: the module of each command, by the command's name; each has a ``command``.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules = modules

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments, with errors handled as in ``invoke``."""
        with _own_interruptions():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Ctrl-C ends it with a message of one line."""
        with _own_interruptions():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order they were given."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in self.modules:
            return None
        command: click.Command = importlib.import_module(self.modules[cmd_name]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the command that a mistyped name is close to."""
        if args and args[0] not in self.modules and not args[0].startswith("-"):
            ctx.fail(f"no such command {args[0]!r}{did_you_mean(args[0], self.modules)}")
        return super().resolve_command(ctx, args)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` for what a mistyped word is close to, "" for nothing."""
    import difflib  # noqa: PLC0415 - for mistakes only

    close = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def emit(summary: Any, as_json: bool, text: str) -> None:
    """Print a result on stdout: the dataclass as one JSON object, or its text."""
    if as_json:
        content = _finite(dataclasses.asdict(summary))
        click.echo(json.dumps(content, default=str, allow_nan=False))
    else:
        click.echo(shown(text, lines=True))


def _finite(value: Any) -> Any:
    """Return a value with NaN and infinities as None, as JSON has neither."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def say(text: str) -> None:
    """Print a message on stderr, control characters escaped."""
    click.echo(shown(text, lines=True), err=True)


def exit_for_skips(skipped: int, allowed: int | None) -> None:
    """Exit with 3 where more was skipped than the user allowed."""
    if allowed is not None and skipped > allowed:
        raise SystemExit(FINISHED_WITH_SKIPS)
