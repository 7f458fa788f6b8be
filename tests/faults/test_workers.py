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
from PIL import Image
from soak_parts.commands import ENVIRONMENT, Workshop
from soak_parts.warm_start import WarmStart
from soak_parts.whole_files import content_of

Shop = tuple[Workshop, WarmStart]
_LIMIT_BYTES = 3 << 29


def _words(name: str, shop: Workshop, out: Path) -> list[str]:
    """A command whose work is done by two processes."""
    words = {
        "shard": list(shop.command("shard").words),
        "palette": ["dataprep", "palette", str(shop.shards), "--bins", "4", "--workers", "1",
                    "--out", "OUT/palette.json"],
        "verify": ["dataprep", "verify", str(shop.shards), "--json", "--workers", "1"],
        "colorize": ["colorunet", "colorize", str(_album(shop)), "--network", "colorunet-small",
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


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_LIMIT_BYTES, _LIMIT_BYTES))


@pytest.fixture(scope="module")
def large_and_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that takes more memory than there is, and one that doesn't."""
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC)
    image.save(folder / "b.png")
    image.resize((16_000, 12_000), Image.Resampling.NEAREST).save(folder / "a.png")
    return folder


def test_a_photo_that_memory_is_too_small_for_is_left_out_by_name(
    large_and_small: Path, tmp_path: Path
) -> None:
    words = ["dataprep", "import", str(large_and_small), "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", *words, "--workers", "1"],
        preexec_fn=_limited,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ENVIRONMENT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["kept"], told["rejected"]) == (1, 1)
