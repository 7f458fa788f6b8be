"""A fit that is killed or asked to stop goes on as if nothing had happened, bit for bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from colorunet.parameters.checkpoint import load_run

pytestmark = pytest.mark.slow

Make = Callable[..., Path]
SETTINGS = "width=8 depth=3 epochs=4 batch_size=4 crop=16 workers=1 threads=1 luma_noise=0.02"
SETTINGS += " zoom=1.8 luma_gamma=0.5 uv=0.5"


def command(shards: Path, run: Path, *more: str) -> list[str]:
    """The command line of a small fit that saves as often as it can."""
    settings = [word for key in SETTINGS.split() for word in ("--set", key)]
    base = [sys.executable, "-m", "trainer", "fit", str(shards), "--out", str(run), "--json"]
    return [*base, "--save-every", "0.0001", *settings, *more]


@pytest.fixture(scope="module")
def shards(make_shards: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shards(tmp_path_factory.mktemp("resume") / "s", train=(9, 9, 8))


@pytest.fixture(scope="module")
def undisturbed(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    subprocess.run(command(shards, run), check=True, capture_output=True)
    return run


def _wait_for_step(run: Path, step: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        metrics = run / "metrics.jsonl"
        if metrics.exists() and metrics.read_text().count('"loss"') >= step:
            return
        time.sleep(0.005)
    raise AssertionError(f"step {step} was not reached: {process.communicate()}")


def _assert_equal_runs(one: Path, other: Path) -> None:
    for name in ("last.safetensors", "optim-last.safetensors"):
        first, second = load_file(one / name), load_file(other / name)
        assert first.keys() == second.keys()
        for key in first:
            assert (first[key] == second[key]).all(), key
    steps = [
        [line["step"] for line in map(json.loads, (run / "metrics.jsonl").read_text().splitlines())]
        for run in (one, other)
    ]
    assert steps[0] == steps[1]


def test_a_kill_at_a_random_step_changes_nothing(
    shards: Path, undisturbed: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    step = random.Random(os.getpid()).randrange(1, 26)
    with subprocess.Popen(
        command(shards, run), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        _wait_for_step(run, step, process)
        process.send_signal(signal.SIGKILL)
    done = subprocess.run(command(shards, run), check=True, capture_output=True)
    assert json.loads(done.stdout)["ended"] == "done"
    _assert_equal_runs(run, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_a_usable_run_that_goes_on(
    shards: Path, undisturbed: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Going on is the same for both signals, so only one run is taken to its end."""
    run = tmp_path / "run"
    with subprocess.Popen(
        command(shards, run), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        _wait_for_step(run, 3, process)
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == 128 + number
    assert json.loads(out)["ended"] == "interrupted"
    assert b"Traceback" not in err
    assert load_run(run, "last").meta["step"] >= 3
    assert load_run(run, "best").network.bins == 12
    assert "training loss" in (run / "report.html").read_text()
    if number == signal.SIGINT:
        return
    again = subprocess.run(command(shards, run, "--resume"), check=True, capture_output=True)
    assert json.loads(again.stdout)["step"] == 28
    _assert_equal_runs(run, undisturbed)


def test_a_finished_run_resumes_to_nothing_and_to_more_epochs(
    shards: Path, undisturbed: Path
) -> None:
    before = load_file(undisturbed / "last.safetensors")
    done = subprocess.run(
        command(shards, undisturbed, "--resume"), check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == 28
    after = load_file(undisturbed / "last.safetensors")
    assert all((before[key] == after[key]).all() for key in before)
    more = command(shards, undisturbed, "--resume", "--set", "epochs=5")
    longer = subprocess.run(more, check=True, capture_output=True)
    assert json.loads(longer.stdout)["step"] == 35
