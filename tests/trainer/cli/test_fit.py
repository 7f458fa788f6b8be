"""The command line speaks on the right stream, and says in one line what is wrong."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[..., Path]
TINY = "width=8 depth=3 epochs=1 batch_size=4 crop=0 workers=0 threads=1"


@pytest.fixture(scope="module")
def shards(make_shards: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shards(tmp_path_factory.mktemp("cli") / "s")


def _trainer(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trainer", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _settings() -> list[str]:
    return [word for key in TINY.split() for word in ("--set", key)]


def test_fit_prints_one_json_object_and_leaves_its_page(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = _trainer("fit", shards, "--out", out, "--json", "--tensorboard", *_settings())
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["ended"], summary["step"], summary["samples"]) == ("done", 2, 6)
    assert "<html" in (out / "report.html").read_text()
    assert (out / "pictures" / "epoch-001.png").stat().st_size > 1000
    assert list((out / "tensorboard").glob("events*"))


def test_a_dry_run_prints_the_plan_and_writes_nothing(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = _trainer("fit", shards, "--out", out, "--dry-run", "--json", *_settings())
    plan = json.loads(done.stdout)
    assert (plan["samples"], plan["steps"], plan["bins"]) == (6, 2, 12)
    assert min(plan["parameters"], plan["flops_per_image"], plan["memory_bytes"]) > 0
    assert plan["step_s"] > 0
    assert not out.exists()


def test_a_batch_size_is_found_on_request(shards: Path, tmp_path: Path) -> None:
    settings = [*_settings(), "--set", "batch_size=0"]
    done = _trainer("fit", shards, "--out", tmp_path / "run", "--dry-run", "--json", *settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["batch_size"] in (1, 2, 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "epoch=3"], "unknown key 'epoch', did you mean 'epochs'?"),
        (["--recipe", "tiny"], "no such recipe"),
        (["--set", "soft_k=40"], "k: expected 1 to 12, given 40"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    shards: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = _trainer("fit", shards, "--out", tmp_path / "run", *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_networks_prints_a_table_and_json() -> None:
    done = _trainer("networks", "--size", "64", "--bins", "6", "--json")
    rows = json.loads(done.stdout)["rows"]
    assert rows["poster, norm = pixel"]["receptive_field_px"] in (62, 63, 64)
    assert rows["unet"]["parameters"] < 8_000_000
    assert all(cost["flops"] > 0 and cost["activation_bytes"] > 0 for cost in rows.values())
