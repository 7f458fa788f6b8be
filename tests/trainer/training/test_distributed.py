"""Processes that share a fit take the same steps as one alone, and go on in other numbers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from colorunet.parameters.checkpoint import load_run
from trainer.cli import app
from trainer.runs.folder import RunFolder

pytestmark = pytest.mark.slow

Make = Callable[..., Path]
SETTINGS = (
    "width=8 depth=3 epochs=2 batch_size=12 crop=0 workers=0 threads=1 precision=float32 "
    "schedule=constant warmup_steps=0"
)
TOLERANCE = 2e-4  # of the loss: sums in another order, then Adam's division by small numbers


def _arguments(shards: Path, run: Path, *more: str) -> list[str]:
    settings = [word for key in SETTINGS.split() for word in ("--set", key)]
    return ["fit", str(shards), "--out", str(run), *settings, *more]


def _command(shards: Path, run: Path, processes: int, *more: str) -> list[str]:
    start = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [sys.executable, "-m", *start, "-m", "trainer", *_arguments(shards, run, *more)]


def _fit(shards: Path, run: Path, processes: int, *more: str) -> None:
    if processes == 1:
        alone = CliRunner().invoke(app, _arguments(shards, run, *more), catch_exceptions=False)
        assert alone.exit_code == 0, alone.output
        return
    command = _command(shards, run, processes, *more)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _losses(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 7))
    return [line["loss"] for line in lines if "loss" in line]


@pytest.fixture(scope="module")
def shards(make_shards: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # 29 samples: the last step of an epoch is short and can't be shared out evenly by 2 or 3.
    return make_shards(tmp_path_factory.mktemp("shared") / "s", train=(20, 9))


@pytest.fixture(scope="module")
def alone(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("alone") / "run"
    _fit(shards, run, 1)
    return run


@pytest.mark.parametrize("processes", [2, 3])
def test_the_loss_curve_equals_that_of_one_process(
    shards: Path, alone: Path, tmp_path: Path, processes: int
) -> None:
    _fit(shards, tmp_path / "run", processes)
    assert np.allclose(_losses(tmp_path / "run"), _losses(alone), rtol=TOLERANCE)


def test_two_processes_go_on_where_one_stopped(shards: Path, alone: Path, tmp_path: Path) -> None:
    _fit(shards, tmp_path / "run", 1, "--set", "epochs=1")
    _fit(shards, tmp_path / "run", 2, "--resume", "--set", "epochs=2")
    assert np.allclose(_losses(tmp_path / "run"), _losses(alone), rtol=TOLERANCE)


def test_a_rank_that_dies_ends_all_and_the_run_goes_on(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    # Slow enough to be hit in the middle: many epochs, saved as often as can be.
    command = _command(shards, run, 2, "--save-every", "0.0001", "--set", "epochs=1000")
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as torchrun:
        _wait_until((run / "optim-last.safetensors").exists)
        ranks = _children(torchrun.pid)
        assert len(ranks) == 2
        os.kill(max(ranks), signal.SIGKILL)
        _, message = torchrun.communicate(timeout=300)
    assert torchrun.returncode != 0
    assert "SIGKILL" in message
    _wait_until(lambda: not any(Path(f"/proc/{rank}").exists() for rank in ranks))
    load_run(run)
    reached = RunFolder(run).load_state()
    assert reached is not None
    step = int(json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"])
    _fit(shards, run, 1, "--resume", "--set", f"epochs={step // 3 + 2}")
    assert load_run(run)


def _children(parent: int) -> list[int]:
    """Processes that torchrun started, without those that these started."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(number) for number in listed]


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
