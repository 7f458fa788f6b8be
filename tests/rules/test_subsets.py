"""The subsets of the tests: what `tools/test --quick` looks into, and how a test is started."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICK = [line for line in (ROOT / "tests" / "quick.txt").read_text().splitlines() if line[0] != "#"]


def test_the_quick_folders_are_there() -> None:
    assert [folder for folder in QUICK if not (ROOT / folder).is_dir()] == []


def test_the_script_says_what_it_does() -> None:
    done = subprocess.run(
        [ROOT / "tools" / "test", "--help"], capture_output=True, text=True, check=True
    )
    assert {"--quick", "--all"} < set(done.stdout.split())


def test_a_process_that_a_test_starts_can_be_interrupted() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C."""
    told = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize("name", ["slow", "browser", "ray", "faults", "rare"])
def test_every_mark_is_explained(name: str, request: pytest.FixtureRequest) -> None:
    assert any(line.startswith(f"{name}: ") for line in request.config.getini("markers"))
