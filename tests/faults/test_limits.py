"""Limits of the system on threads, files of other kinds, and folders that aren't for outputs."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorfiles.errors import OUT_OF_THREADS
from colorunet.parameters.shipped import shipped_run

pytestmark = pytest.mark.faults
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may read: pytest's own are for the one who runs it."""
    folder = Path(tempfile.mkdtemp(prefix="colorunet-limits-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def _photos(folder: Path) -> Path:
    folder.mkdir()
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((160, 120)).save(folder / f"{number}.jpg")
    return folder


def _without_threads(*words: object, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command whose user may have one process; root has no such limit, but another user."""
    if os.geteuid() == 0:
        user = str(60_000 + os.getpid() % 5000)
        may_read = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        words = ("setpriv", f"--reuid={user}", "--clear-groups", *may_read, *words)
    return subprocess.run(
        [*map(str, words)],
        env=os.environ | env,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1)),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="setpriv of util-linux changes the user"
)
def test_a_limit_on_threads_is_named_and_nothing_else_blamed(open_folder: Path, run) -> None:
    images, photos = _photos(open_folder / "images"), open_folder / "photos"
    assert run("dataprep", "import", images, "--out", photos).returncode == 0
    palette = ("dataprep", "palette", photos, "--bins", "4", "--out", open_folder / "p.json")
    color = ("colorunet", images, "--out", open_folder / "out")
    for words, env in (
        (palette, _ONE_THREAD),
        (color, _ONE_THREAD),
        (palette, {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}),  # OpenBLAS fails first
    ):
        done = _without_threads(sys.executable, "-m", *words, env=env)
        assert done.returncode == 1, done.stderr
        assert done.stderr.splitlines()[-1] == f"{words[0]}: {OUT_OF_THREADS}"


def test_a_fifo_with_the_name_of_a_photo_is_rejected_by_name(tmp_path: Path, run) -> None:
    images, out = _photos(tmp_path / "images"), tmp_path / "photos"
    os.mkfifo(images / "x.jpg")
    os.mkfifo(images / "no-photo")
    (images / "y.jpg").symlink_to("nowhere")
    done = run("dataprep", "import", images, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["kept"], told["rejected_by_reason"]) == (2, {"unreadable": 2})
    from dataprep.photos.folder import PhotoFolder

    reasons = {photo.source_path: photo.reason for photo in PhotoFolder(out).photos()}
    assert reasons["x.jpg"] == "unreadable: not a regular file"
    assert reasons["y.jpg"] == "unreadable: No such file or directory"


@pytest.mark.parametrize("kind", ["run", "photo folder"])
def test_outputs_are_not_written_into_a_folder_of_another_kind(
    tmp_path: Path, run, one_line, kind: str
) -> None:
    images = _photos(tmp_path / "images")
    if kind == "run":
        out = shutil.copytree(shipped_run("colorunet-small"), tmp_path / "out")
    else:
        out = tmp_path / "out"
        run("dataprep", "import", images, "--out", out)
    before = sorted(out.rglob("*"))
    assert f"out: a {kind}; give another --out" in one_line(
        run("trainer", "colorize", images, "--out", out)
    )
    assert sorted(out.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "threads"),
    [("palette", "1"), ("palette", ""), ("shard", ""), ("verify", ""), ("colorize", "")],
)
def test_too_little_address_space_is_told_as_a_limit_and_nothing_else_blamed(
    workshop, tmp_path: Path, name: str, threads: str
) -> None:
    """`ulimit -v 600000`: modules can't be mapped, threads not be started, arrays not be made."""
    shop = workshop[0]
    words = {"verify": ("dataprep", "verify", str(shop.shards), "--workers", "2")}.get(name)
    words = words or shop.command(name).prepare(tmp_path / "out")
    number = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads} if threads else {}
    done = subprocess.run(
        ["sh", "-c", 'ulimit -v 600000; exec "$@"', "sh", sys.executable, "-m", *words],
        env={k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | number,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return  # it is enough for this command here
    last = done.stderr.splitlines()[-1]
    assert done.returncode in (1, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert "a bug in" not in done.stderr
    assert "not a manifest" not in done.stderr
    assert OUT_OF_THREADS in last or "no memory left" in last or "died 3 times" in last, last
