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


# Programs whose work is done: the dated log still has their command lines.
_RETIRED = ("experiments/study", "experiments/sweep")
# A command line of the repository's own: python FOLDER/NAME.py WORDS or FOLDER/NAME WORDS.
_TOOL = re.compile(
    r"(?:`|^ *(?:\$ )?)(?:python )?(tools|experiments|benchmarks)/([\w-]+)([^`\n]*)", re.M
)


def test_every_option_of_a_tool_that_the_docs_show_stands_in_its_source() -> None:
    seen, wrong = 0, []
    for page in [
        page for page in PAGES if page.name != "MODEL_CARD.md"
    ]:  # which tells what was run
        for folder, name, rest in _TOOL.findall(page.read_text(encoding="utf-8")):
            stem = name.replace("-", "_")
            files = [*(ROOT / folder).glob(f"{name}*"), *(ROOT / folder).glob(f"{stem}*/*.py")]
            files += (ROOT / folder).glob(f"{stem}.py")
            source = "".join(path.read_text(encoding="utf-8") for path in files if path.is_file())
            retired = f"{folder}/{name}" in _RETIRED and not files
            options = [] if retired else _OPTION.findall(rest)
            seen += len(options)
            wrong += [f"{page.name}: {folder}/{name} {o}" for o in options if o not in source]
    assert seen > 20
    assert wrong == []


def test_links_between_the_docs_and_paths_that_they_name_lead_somewhere() -> None:
    wrong = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
        named = re.findall(
            r"`((?:benchmarks|docs|experiments|packages|tests|tools)/[\w./-]+)`", text
        )
        there = [page.parent / link for link in links if ":" not in link]
        there += [ROOT / path for path in named if not path.startswith(_RETIRED)]
        wrong += [f"{page.name}: {path}" for path in there if not path.exists()]
    assert wrong == []
