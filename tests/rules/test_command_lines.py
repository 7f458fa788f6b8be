"""What every command line promises: help everywhere, plain words where an extra is missing."""

import importlib
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


@pytest.mark.parametrize("half", HALVES)
def test_each_command_line_is_declared_as_a_script_that_runs(half: str) -> None:
    (script,) = entry_points(group="console_scripts", name=half)
    assert script.value == PROJECT["scripts"][half]
    assert callable(script.load())


def test_trainer_colorize_and_colorunet_colorize_are_one_command() -> None:
    assert _command("trainer", "colorize") is _command("colorunet", "colorize")
