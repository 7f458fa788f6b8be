"""Command lines run by a process that has loaded everything and forks: a start is quick.

What is killed is a process of its own all the same; and hundreds of kills cost the commands' own
work alone.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

# What takes longest to load and starts no thread: one that a fork leaves behind is waited for at
# the end by pyarrow and ONNX Runtime, so those are loaded by each command itself.
PRELOADED = (
    *("numpy", "PIL.Image", "requests", "zstandard", "fsspec", "s3fs", "torch", "jinja2", "click"),
    *("torch._dynamo", "torch.onnx.ops", "onnx", "array_api_compat.torch"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg"),
    *("trainer.cli.fit", "trainer.training.loop", "trainer.report.evaluation_job"),
    *("trainer.calibration.job", "colorunet.cli.colorize", "colorunet.cli.export"),
    *("colorunet.batch.files", "colorunet.export.job", "colorunet.video.film"),
)


@dataclass
class Running:
    """A command under way; its words go to two files."""

    pid: int
    out: Path
    err: Path
    starter: "subprocess.Popen[str]"
    code: int | None = field(default=None, init=False)

    def send(self, number: signal.Signals) -> None:
        """Send a signal: Ctrl-C to the whole group as a terminal does, others to it alone."""
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGINT:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def wait(self) -> int:
        """Return the exit status when it has ended, that of a signal negative."""
        if self.code is None:
            assert self.starter.stdout is not None
            self.code = int(self.starter.stdout.readline())
        return self.code


class WarmStart:
    """Starts commands, one at a time; a context that ends the process behind it.

    Args:
        scratch: folder for what the commands say.
        environment: of the commands, beside this process's own.
        prefix: words to start the process with, such as ``setpriv`` and its options.
    """

    def __init__(
        self,
        scratch: Path,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "soak_parts.warm_start"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(_paths())},
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the process that starts commands has ended")

    def __enter__(self) -> "WarmStart":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def start(self, words: Sequence[str], *, as_here: bool = False) -> Running:
        """Start a command: the program's name and its arguments.

        ``as_here`` gives it this process's folder and variables instead of those of the start.
        """
        out, err = self._scratch / "stdout.txt", self._scratch / "stderr.txt"
        for file in (out, err):
            file.write_bytes(b"")  # not what the command before said
        order: dict[str, Any] = {"argv": list(words), "out": str(out), "err": str(err)}
        if as_here:
            order |= {"folder": str(Path.cwd()), "variables": dict(os.environ)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Running(int(self._process.stdout.readline()), out, err, self._process)


def _paths() -> list[str]:
    root = Path(__file__).parents[3]
    return [str(root / folder) for folder in ("tests/material", "tools", "packages")]


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _become(
    argv: list[str],
    out: str,
    err: str,
    folder: str = "",
    variables: Mapping[str, str] | None = None,
) -> None:
    os.setsid()
    if folder:
        os.chdir(folder)
    if variables is not None:
        os.environ.clear()
        os.environ.update(variables)
    # A shell that starts something in the background has it ignore Ctrl-C, and so its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(out, flags, 0o666), 1)
    os.dup2(os.open(err, flags, 0o666), 2)
    sys.argv = argv
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
    sys.exit(0)


def main() -> None:
    """Load, then fork a process for each order read; say its id, and its status at its end."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # else each command's last collection copies what it shares: 0.7 s of CPU time
    print("ready", flush=True)
    for order in _orders():
        pid = os.fork()
        if pid == 0:
            _become(**order)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
