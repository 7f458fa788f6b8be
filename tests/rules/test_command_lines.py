"""What every command line promises: help everywhere, plain words where an extra is missing."""

import importlib
import os
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import click
import pytest

HALVES = ("dataprep", "trainer", "colorunet")
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
EXTRA = {"dataprep": "dataprep", "trainer": "trainer", "colorunet": "trainer"}


def _cli(half: str) -> ModuleType:
    return importlib.import_module(f"{half}.cli")


def _commands() -> list[tuple[str, str]]:
    return [
        (half, name)
        for half in HALVES
        for name in _cli(half).app.list_commands(click.Context(_cli(half).app))
    ]


def _command(half: str, name: str) -> click.Command:
    result = _cli(half).app.get_command(click.Context(_cli(half).app), name)
    assert result is not None
    return result


@pytest.mark.parametrize(("half", "name"), _commands())
def test_every_command_and_option_has_help(half: str, name: str) -> None:
    command = _command(half, name)
    assert command.help
    assert command.help.strip()
    without = [
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert not without


@pytest.mark.parametrize(("half", "name"), _commands())
def test_every_help_has_an_example_that_parses(half: str, name: str) -> None:
    shown = [
        line.strip()
        for line in (_command(half, name).help or "").splitlines()
        if line.strip().split(" ")[0] in HALVES
    ]
    assert any(f"{half} {name} " in f"{line} " or name == "colorize" for line in shown)
    for line in shown:
        program, *words = shlex.split(line.partition(" > ")[0])
        context = _cli(program).app.make_context(program, words)
        command_name, command, rest = _cli(program).app.resolve_command(
            context, context._protected_args + context.args
        )
        try:
            command.make_context(command_name, rest)  # UsageError where an option is unknown
        except click.BadParameter as error:
            if "does not exist" not in error.message:  # the example's own files
                raise


def _options() -> dict[str, set[tuple[str, str]]]:
    """The commands that have an option, by the option's name, each with its help."""
    found: dict[str, set[tuple[str, str]]] = {}
    for half, name in _commands():
        for parameter in _command(half, name).params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                for option in parameter.opts:
                    found.setdefault(option, set()).add((f"{half} {name}", parameter.help or ""))
    return found


# What these say of the command's own work differs; all others mean one thing in one wording.
SAID_ANEW = {"--out", "-o", "--split", "--seed", "--workers", "--min-edge", "--license"}
SAID_ANEW |= {"--overwrite", "--resume", "--contact-sheet", "--dry-run", "--limit"}


def test_an_option_has_one_help_everywhere() -> None:
    wordings = {name: {text for _, text in uses} for name, uses in _options().items()}
    assert [n for n, texts in wordings.items() if len(texts) > 1 and n not in SAID_ANEW] == []


@pytest.mark.parametrize(("half", "name"), _commands())
def test_every_number_has_its_range(half: str, name: str) -> None:
    unbounded = [
        parameter.name
        for parameter in _command(half, name).params
        if isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType)
        and not isinstance(parameter.type, click.IntRange | click.FloatRange)
        and parameter.expose_value
    ]
    assert unbounded == []


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(half: str, shell: str) -> None:
    first = _cli(half).app.list_commands(click.Context(_cli(half).app))[0]
    script = _completed(half, f"{shell}_source")
    assert f"_{half.upper()}_COMPLETE={shell}_complete" in script
    words = {
        "COMP_WORDS": f"{half} {first[:4]}",
        "COMP_CWORD": first[:4] if shell == "fish" else "1",
    }
    assert first in _completed(half, f"{shell}_complete", **words)


def test_names_of_recipes_and_networks_are_completed() -> None:
    given = {"COMP_WORDS": "trainer fit shards --recipe de", "COMP_CWORD": "4"}
    assert "demo" in _completed("trainer", "bash_complete", **given)
    given = {"COMP_WORDS": "colorunet colorize --network c", "COMP_CWORD": "3"}
    assert "colorunet-listed" in _completed("colorunet", "bash_complete", **given)


def _completed(half: str, instruction: str, **words: str) -> str:
    code = f"import sys, {half}.__main__ as m; sys.argv = [{half!r}]; m.main()"
    environment = os.environ | {f"_{half.upper()}_COMPLETE": instruction} | words
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("half", "name"), _commands())
def test_every_command_that_has_a_result_prints_it_as_json_too(half: str, name: str) -> None:
    assert any("--json" in parameter.opts for parameter in _command(half, name).params)


@pytest.mark.parametrize("half", HALVES)
def test_listing_the_commands_loads_no_heavy_library(half: str) -> None:
    code = (
        f"import sys, {half}.__main__ as m\n"
        f"sys.argv = [{half!r}, '--help']\n"
        "try: m.main()\n"
        "except SystemExit: pass\n"
        "sys.exit(str(sorted({'torch', 'pyarrow', 'PIL', 'matplotlib', 'ray'} & set(sys.modules))"
        " or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("missing", ["click", "PIL"])
def test_a_missing_extra_is_one_line_that_says_what_to_install(half: str, missing: str) -> None:
    arguments = {
        "dataprep": ["import", ".", "--out", "x"],
        "trainer": ["colorize", "x", "--out", "y"],
        "colorunet": ["x"],
    }
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"import {half}.__main__ as m; sys.argv = {[half, *arguments[half]]!r}; m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"pip install '.[{EXTRA[half]}]'" in line


@pytest.mark.parametrize(
    ("missing", "arguments", "said"),
    [
        (["uvicorn"], ["serve", "--port", "0"], "pip install '.[serve]'"),
        (["onnx"], ["export"], "export needs onnx: pip install '.[onnx]'"),
        (["torch", "onnx"], ["export"], "torch and onnx: pip install '.[trainer,onnx]'"),
    ],
)
def test_all_that_a_command_lacks_is_named_at_once(
    missing: list[str], arguments: list[str], said: str
) -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
        f"import colorunet.__main__ as m; sys.argv = {['colorunet', *arguments]!r}; m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert said in line


def test_the_help_of_colorunet_begins_with_photos_and_shows_their_options_first() -> None:
    command = [sys.executable, "-m", "colorunet", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    text = done.stdout
    places = [text.index(words) for words in ("PHOTO", "Colourise photos", "--warmth", "Commands:")]
    assert places == sorted(places)
    assert "RUN" not in text[: places[2]]


@pytest.mark.parametrize("half", HALVES)
def test_each_command_line_is_declared_as_a_script_that_runs(half: str) -> None:
    (script,) = entry_points(group="console_scripts", name=half)
    assert script.value == PROJECT["scripts"][half]
    assert callable(script.load())


@pytest.mark.parametrize(
    ("error", "words"), [("ValueError('no\\nsuch')", "no;"), ("MemoryError", "")]
)
def test_what_nobody_expected_is_one_line_too(error: str, words: str) -> None:
    code = (
        "import dataprep.cli, dataprep.__main__ as m, sys\n"
        f"def fail(**_): raise {error}\n"
        "dataprep.cli.app.main = fail\n"
        "dataprep.cli.app = type('App', (), {'__call__': lambda self, **k: fail()})()\n"
        "sys.argv = ['dataprep', *sys.argv[1:]]; m.main()"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert words in line
    shown = subprocess.run([*run, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" in shown.stderr


def test_trainer_colorize_and_colorunet_colorize_are_one_command() -> None:
    assert _command("trainer", "colorize") is _command("colorunet", "colorize")
