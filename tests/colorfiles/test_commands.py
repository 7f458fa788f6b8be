"""What every command prints."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from colorfiles.commands import LazyGroup, emit
from colorfiles.errors import Interrupted


@dataclass(frozen=True)
class Summary:
    psnr: float
    by_split: dict[str, list[float]]


def test_what_is_no_number_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Python would write NaN and Infinity, which no other reader takes."""
    emit(Summary(math.inf, {"val": [math.nan, 0.5]}), as_json=True, text="")

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(constant)

    told = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert told == {"psnr": None, "by_split": {"val": [None, 0.5]}}


ALONE: Any = {"invoke_without_command": True, "no_args_is_help": False}


def _stop(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


def _end(*_: object) -> NoReturn:
    raise EOFError("pipe")


@pytest.mark.parametrize("when", ["while words are parsed", "at work"])
def test_ctrl_c_is_never_click_s_aborted(when: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    callback = _stop if when == "at work" else None
    option = click.Option(["--x"], default="", callback=None if callback else _stop)
    app = LazyGroup("app", modules={}, callback=callback, params=[option], **ALONE)
    try:
        with pytest.raises(Interrupted):
            app.main([], prog_name="app")
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == ""


def test_an_end_of_data_is_not_taken_for_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    app = LazyGroup("app", modules={}, callback=_end, **ALONE)
    with pytest.raises(RuntimeError, match="end of data"):
        app.main([], prog_name="app")
    assert capsys.readouterr().err == ""


def test_ctrl_c_in_the_loading_of_a_compiled_module_is_ctrl_c(tmp_path: Path) -> None:
    """Such a module says that its initialization failed, with the interrupt as the cause."""
    (tmp_path / "fake").mkdir()
    failing = "raise ImportError('initialization failed') from KeyboardInterrupt()"
    (tmp_path / "fake" / "cli.py").write_text(failing)
    code = "from colorfiles.entrance import enter; enter('fake', extra='', extras={})"
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr == f"fake: {Interrupted()}\n"
