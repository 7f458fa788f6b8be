"""A worker that dies in the middle of a write leaves no temporary file among the outputs."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from colorunet.batch.call import ColorizeRequest, plan_call
from colorunet.batch.cluster import run_jobs_on

T = TypeVar("T")
R = TypeVar("R")

_WRITER = """
import sys, time
from pathlib import Path
from colorfiles.files import write_atomically

with write_atomically(Path(sys.argv[1])):
    print("at work", flush=True)
    time.sleep(600)
"""


@dataclass(frozen=True)
class _LosesOneWorker:
    """Runs every task here, as a node does that lives on after another one was lost."""

    out: Path

    def run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
        for number, task in enumerate(tasks):
            yield task, function(task)
            if number == 0:  # this process has looked for temporary files; it looks once
                self._kill_a_writer()

    def _kill_a_writer(self) -> None:
        command = [sys.executable, "-c", _WRITER, str(self.out / "lost.png")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "at work\n"
            assert list(self.out.glob(".colorunet.*.tmp"))
            writer.kill()


def test_its_temporary_file_is_deleted_when_the_others_are_done(tmp_path: Path) -> None:
    album, out = tmp_path / "album", tmp_path / "out"
    album.mkdir()
    out.mkdir()
    ramp = np.linspace(0, 255, 32 * 32).reshape(32, 32)
    for number in range(40):  # two parts
        Image.fromarray(np.roll(ramp, number).astype(np.uint8)).save(album / f"{number:02d}.png")
    engine = _LosesOneWorker(out)
    call = plan_call(
        ColorizeRequest((album,), out, "colorunet-listed", working_edge_px=32, engine=engine)
    )
    assert call.work is not None
    list(run_jobs_on(engine, call.work, call.plan.jobs))
    assert {path.name for path in out.iterdir()} == {path.name for path in album.iterdir()}
