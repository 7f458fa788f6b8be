"""Every command line that the docs show can be typed: its command is there, and its options."""

import importlib
import re
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
PAGES += ROOT.glob("packages/colorunet/networks_shipped/*/MODEL_CARD.md")
# At the start of a line (of a block of code), or of code within a sentence.
_SHOWN = re.compile(r"(?:`|^ *(?:\$ )?)(dataprep|trainer|colorunet) ([a-z][a-z-]+)([^`\n]*)", re.M)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def _commands(half: str) -> dict[str, set[str]]:
    app = importlib.import_module(f"{half}.cli").app
    context = click.Context(app)
    return {
        name: {"--help"}.union(
            *((*p.opts, *p.secondary_opts) for p in app.get_command(context, name).params)
        )
        for name in app.list_commands(context)
    }


def test_every_command_and_option_that_the_docs_show_is_there() -> None:
    commands = {half: _commands(half) for half in ("dataprep", "trainer", "colorunet")}
    seen, wrong = 0, []
    for page in PAGES:
        for half, word, rest in _SHOWN.findall(page.read_text(encoding="utf-8")):
            paths_alone = half == "colorunet" and word not in commands[half]
            name = "colorize" if paths_alone else word
            seen += 1
            if name not in commands[half]:
                wrong.append(f"{page.name}: {half} {name}")
                continue
            strangers = set(_OPTION.findall(rest)) - commands[half][name]
            wrong += [f"{page.name}: {half} {name} {option}" for option in sorted(strangers)]
    assert seen > 50
    assert wrong == []
