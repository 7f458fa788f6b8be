"""Fixtures of what is broken on purpose: commands as processes of their own, files of strangers."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from soak_parts.commands import Workshop, opened_workshop
from soak_parts.warm_start import WarmStart

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmStart]:
    """Starts commands as processes of their own without loading everything for each."""
    with WarmStart(tmp_path_factory.mktemp("commands")) as started:
        yield started


@pytest.fixture
def run(starter: WarmStart) -> Run:
    """Runs a command of ours to its end: ``run("dataprep", "import", …)``."""

    def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        words = [program, *map(str, arguments)]
        running = starter.start(words, as_here=True)
        code = running.wait()
        out, err = running.out.read_text(), running.err.read_text()
        return subprocess.CompletedProcess(words, code, out, err)

    return run


@pytest.fixture(scope="session")
def noise_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 40 small colour images, no two alike."""
    root = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(0)
    for number in range(40):
        pixels = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((120, 90), Image.Resampling.BICUBIC)
        image.save(root / f"photo-{number:02d}.jpg", quality=90)
    return root


@pytest.fixture(scope="session")
def workshop(
    tmp_path_factory: pytest.TempPathFactory, demo_photos: Path
) -> Iterator[tuple[Workshop, WarmStart]]:
    """Every command that writes something, with its inputs, and what starts them."""
    with opened_workshop(tmp_path_factory.mktemp("workshop"), demo_photos) as opened:
        yield opened


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file outside every folder of ours, which must stay as it is."""
    path = tmp_path / "victim.txt"
    path.write_text("precious")
    return path


@pytest.fixture
def one_line() -> Callable[..., str]:
    """Returns the single line that a command which failed may say."""

    def one_line(done: subprocess.CompletedProcess[str], *, code: int = 1) -> str:
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        (line,) = done.stderr.strip().splitlines()
        return line

    return one_line
