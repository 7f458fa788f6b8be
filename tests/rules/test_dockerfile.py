"""The Dockerfile: small, without root, and what it copies is enough to install from."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = [
    line
    for line in (ROOT / "Dockerfile").read_text().splitlines()
    if line and not line.startswith("#")
]


def _instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def test_every_line_is_an_instruction() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"}
    assert {line.split()[0] for line in LINES} == known


def test_nothing_of_the_build_stays_and_root_does_not_run() -> None:
    stages = _instructions("FROM")
    assert len(stages) == 2
    assert all(re.fullmatch(r"python:3\.1[1-4]-slim( AS build)?", stage) for stage in stages)
    assert LINES.index("USER photos") > max(
        number for number, line in enumerate(LINES) if line.startswith("RUN")
    )
    assert "--no-cache-dir" in _instructions("RUN")[0]
    assert not [line for line in LINES if "torch" in line]


def test_what_is_copied_is_let_through_and_there(tmp_path: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    sources = set()
    for line in _instructions("COPY"):
        if not line.startswith("--from"):
            sources |= set(shlex.split(line)[:-1])
    assert sources == let_through
    for source in sources:
        assert (ROOT / source).exists(), source


@pytest.mark.slow
def test_a_wheel_is_built_from_just_those_files(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    for source in ("pyproject.toml", "LICENSE", "docs/about.md"):
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, tmp_path / source)
    shutil.copytree(
        ROOT / "packages", tmp_path / "packages", ignore=shutil.ignore_patterns("__pycache__")
    )
    built = next(wheel.WheelBuilder(str(tmp_path)).build(directory=str(tmp_path / "dist")))
    assert Path(built).stat().st_size > 10_000_000  # the networks are in it
