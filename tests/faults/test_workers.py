"""Workers that die, and memory that runs out: the work is done by others, or one line says why."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from soak_parts.commands import ENVIRONMENT, Workshop
from soak_parts.warm_start import WarmStart
from soak_parts.whole_files import content_of

from colorfiles.errors import OUT_OF_MEMORY_HELP
from dataprep.cli import app

Shop = tuple[Workshop, WarmStart]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
_LIMIT_BYTES = 1000 << 20  # enough for modules and small photos


def _words(name: str, shop: Workshop, out: Path) -> list[str]:
    """A command whose work is done by two processes."""
    words = {
        "shard": list(shop.command("shard").words),
        "palette": ["dataprep", "palette", str(shop.shards), "--bins", "4", "--workers", "1",
                    "--out", "OUT/palette.json"],
        "verify": ["dataprep", "verify", str(shop.shards), "--json", "--workers", "1"],
        "colorize": ["colorunet", "colorize", str(_album(shop)), "--network", "colorunet-listed",
                     "--working-edge", "32", "--out", "OUT", "--workers", "1"],
    }[name]  # fmt: skip
    words[words.index("--workers") + 1] = "2"
    return [word.replace("OUT", str(out)) for word in words]


def _album(shop: Workshop) -> Path:
    """Photos for three tasks."""
    album = shop.root / "album"
    if not album.exists():
        album.mkdir()
        for number in range(3):
            for path in sorted(shop.images.rglob("*.jpg")):
                (album / f"{number}{path.name}").write_bytes(path.read_bytes())
    return album


def _run(words: list[str], *, kill: bool) -> tuple[int, str, int]:
    """Return status, stdout and how many workers were killed: one, as soon as it works."""
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | ENVIRONMENT,
    ) as process:
        killed = 0
        while kill and not killed and process.poll() is None:
            for worker in _workers(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                    killed = 1
                    break
            time.sleep(0.01)
        out, _ = process.communicate(timeout=300)
        return process.returncode, out, killed


def _workers(pid: int) -> list[int]:
    """The processes of a pool that have begun to work: they load what the work needs."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            is_worker = b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
            if is_worker and b"PIL" in Path(f"/proc/{child}/maps").read_bytes():
                found.append(int(child))
    return found


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc to find workers in")
@pytest.mark.parametrize("name", ["shard", "palette", "verify", "colorize"])
def test_what_a_killed_worker_was_at_is_done_by_another(
    name: str, workshop: Shop, tmp_path: Path
) -> None:
    calm, out = tmp_path / "calm", tmp_path / "out"
    calm.mkdir()
    out.mkdir()
    undisturbed = _run(_words(name, workshop[0], calm), kill=False)
    code, said, killed = _run(_words(name, workshop[0], out), kill=True)
    assert (code, killed) == (undisturbed[0], 1)
    assert said.replace(str(out), "") == undisturbed[1].replace(str(calm), "")
    ours, theirs = content_of(out), content_of(calm)
    ours.pop("manifest.jsonl", None), theirs.pop("manifest.jsonl", None)  # it names the folder
    assert ours == theirs


def _run_with_little_memory(
    *words: str, most: int = _LIMIT_BYTES
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ENVIRONMENT | _ONE_THREAD,
    )


@pytest.fixture(scope="module")
def large_and_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that takes more memory than there is, and one that doesn't."""
    folder = tmp_path_factory.mktemp("large")
    for seed, (name, size) in enumerate({"a": (16_000, 12_000), "b": (160, 120)}.items()):
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC)
        image.resize(size, Image.Resampling.NEAREST).save(folder / f"{name}.png")
    return folder


def test_where_memory_is_too_small_for_a_photo_it_is_named_and_not_left_out(
    large_and_small: Path, tmp_path: Path
) -> None:
    """Left out, it would be missing in the set for a reason that isn't its own."""
    photos, shards = tmp_path / "photos", tmp_path / "shards"
    bring = ["dataprep", "import", str(large_and_small), "--out", str(photos), "--workers", "1"]
    told = _run_with_little_memory(*bring)
    assert told.returncode == 1
    assert (
        told.stderr
        == f"dataprep: {large_and_small}/a.png: no memory left for it; {OUT_OF_MEMORY_HELP}\n"
    )
    again = CliRunner().invoke(app, [*bring[1:], "--json"])
    assert (json.loads(again.stdout)["kept"], json.loads(again.stdout)["rejected"]) == (2, 0)

    palette = tmp_path / "palette.json"
    learn = ["palette", str(photos), "--bins", "4", "--out", str(palette), "--workers", "1"]
    assert CliRunner().invoke(app, learn).exit_code == 0
    cut = ["dataprep", "shard", str(photos), "--palette", str(palette), "--out", str(shards),
           "--size", "16", "--workers", "1"]  # fmt: skip
    told = _run_with_little_memory(*cut)
    assert told.returncode == 1
    assert "folder/a-" in told.stderr
    assert "no memory left for it" in told.stderr
    assert not (shards / "index.json").exists()


def test_where_memory_is_too_small_for_a_photo_the_others_are_coloured(
    large_and_small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    told = _run_with_little_memory("colorunet", str(large_and_small), "--out", str(out))
    assert told.returncode == 3
    assert f"{large_and_small}/a.png: no memory left for it; skipped" in told.stderr
    assert [path.name for path in sorted(out.glob("*.png"))] == ["b.png"]


def test_where_memory_is_too_small_for_a_fit_a_line_says_what_to_lower(
    workshop: Shop, tmp_path: Path
) -> None:
    words = ["trainer", "fit", str(workshop[0].shards), "--out", str(tmp_path / "run"), "--set",
             "width=512", "--set", "depth=4", "--set", "workers=0"]  # fmt: skip
    told = _run_with_little_memory(*words, most=3 << 29)
    assert told.returncode == 1
    assert told.stderr.startswith("trainer: a batch of ")
    assert "no memory left for it; lower batch_size, crop or width" in told.stderr
    assert not (tmp_path / "run").exists()


_PHOTO_TOO_LARGE_FOR_IT = """
import resource, sys
from pathlib import Path
import numpy as np
from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.shipped import ONNX_FILE, shipped_run
from colorunet.coloring.onnx_network import OnnxNetwork
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.torch_network import TorchNetwork

run = shipped_run()
networks = {
    "onnx": lambda: OnnxNetwork(run / ONNX_FILE, threads=1),
    "torch": lambda: TorchNetwork(load_run(run).network, "cpu"),
}
network = networks[sys.argv[1]]()
network.coarse_logits(np.zeros((64, 64), np.uint8), Averaging())
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20),) * 2)
try:
    network.coarse_logits(np.zeros((1024, 1024), np.uint8), Averaging())
except MemoryError:
    print("no memory")
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc to ask what is used")
@pytest.mark.parametrize("library", ["onnx", "torch"])
def test_a_network_that_memory_is_too_small_for_says_so_whatever_runs_it(library: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PHOTO_TOO_LARGE_FOR_IT, library],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ENVIRONMENT | _ONE_THREAD,
    )
    assert (done.stdout, done.stderr) == ("no memory\n", "")
