"""Command lines of an experiment: printed as a user types them, then run."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Words = Sequence[str | Path]


class CommandFailed(Exception):
    """A command that failed; the message has its last line, if known."""

    def __init__(self, returncode: int, message: str) -> None:
        super().__init__(message)
        self.returncode = returncode


class CommandRunner:
    """Runs commands of the packages, and Python files, with this Python.

    Args:
        pass_fds: file descriptors that the commands inherit.
    """

    def __init__(self, *, pass_fds: Sequence[int] = ()) -> None:
        self._pass_fds = pass_fds

    def json(self, words: Words) -> dict[str, Any]:
        """Run a command with ``--json`` and return its parsed output."""
        result: dict[str, Any] = json.loads(self.run(words, "--json"))
        return result

    def run(
        self,
        words: Words,
        *quiet: str,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        log_all: bool = False,
        show: bool = False,
    ) -> bytes:
        """Print a command line and run it; return what it printed on stdout.

        Args:
            words: a command and its options, or ``python`` and a file.
            quiet: options that are given, but not printed.
            log: what it says on stderr goes there; None leaves it to the terminal.
            environment: variables set for it.
            log_all: what it prints on stdout goes into the log too.
            show: what it prints on stdout is left to the terminal instead.

        Raises:
            CommandFailed: it ends with another status than 0.
        """
        texts = [str(word) for word in words]
        variables = "".join(f"{name}=… " for name in environment or {})
        print(f"$ {variables}{shlex.join(texts)}", flush=True)
        program = texts[1:] if texts[0] == "python" else ["-m", *texts]
        with (log or Path(os.devnull)).open("wb") as file:
            done = subprocess.run(
                [sys.executable, *program, *quiet],
                stdout=None if show else file if log_all else subprocess.PIPE,
                stderr=file if log else None,
                env=os.environ | dict(environment or {}),
                pass_fds=self._pass_fds,
                check=False,
            )
        if done.returncode:
            reason = f": {last_line(log)} (all of it: {log})" if log else ""
            raise CommandFailed(done.returncode, f"exit {done.returncode}{reason}")
        return done.stdout or b""


def last_line(log: Path) -> str:
    """Return the last line of a log."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def setting_words(overrides: Sequence[str]) -> list[str]:
    """Return ``--set KEY=VALUE`` for each override of a recipe."""
    return [word for pair in overrides for word in ("--set", pair)]


def fit_words(
    shards: Path, out: Path, recipe: str, overrides: Sequence[str]
) -> tuple[str | Path, ...]:
    """Return the command line of a fit."""
    base = ("trainer", "fit", shards, "--out", out, "--recipe", recipe)
    return (*base, *setting_words(overrides))
