"""Surroundings that a command doesn't expect, and inputs whose names or contents are odd.

No shared memory, the plain C locale, a closed mask, a working folder that is gone; names with line
breaks and leading dashes; photos that change while they are read.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from soak_parts.commands import ENVIRONMENT, NETWORK, Workshop
from soak_parts.warm_start import WarmStart
from soak_parts.whole_files import content_of

from dataprep.photos.folder import PhotoFolder

pytestmark = pytest.mark.faults
Shop = tuple[Workshop, WarmStart]
Run = Callable[..., subprocess.CompletedProcess[str]]
TINY_FIT = "width=8 depth=2 epochs=1 batch_size=2 crop=16 workers=0 threads=1"
_ROOT = Path(__file__).parents[2]


def _run(
    words: Sequence[str], *, prefix: Sequence[str] = (), **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*prefix, sys.executable, "-m", *words],
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(_ROOT / "packages")} | env,
        capture_output=True,
        check=False,
    )


def _words(shop: Workshop, name: str, out: Path) -> list[str]:
    """Return a command with two processes, where it can have some."""
    words = list(shop.command(name).prepare(out))
    if "--workers" in words:
        words[words.index("--workers") + 1] = "2"
    return [word.replace("workers=0", "workers=1") for word in words]


@pytest.mark.parametrize("name", ["import", "shard", "fit"])
def test_without_shared_memory_a_command_gives_the_same(
    workshop: Shop, tmp_path: Path, name: str
) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may hide /dev/shm from a process")
    script = 'mount -t tmpfs -o ro,size=4k tmpfs /dev/shm || exit 77; exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", script, "sh")
    usual, without = tmp_path / "usual", tmp_path / "without"
    assert workshop[1].start(_words(workshop[0], name, usual)).wait() == 0
    done = _run(_words(workshop[0], name, without), prefix=prefix)
    if done.returncode == 77:
        pytest.skip("nothing can be mounted here")
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert content_of(without) == content_of(usual)


@pytest.mark.parametrize("name", ["import", "shard", "colorize", "film"])
def test_in_a_plain_locale_with_a_closed_mask_only_the_owner_reads_what_is_the_same(
    workshop: Shop, tmp_path: Path, name: str
) -> None:
    usual, plain = tmp_path / "usual", tmp_path / "größe"
    assert workshop[1].start(_words(workshop[0], name, usual)).wait() == 0
    prefix = ("sh", "-c", 'umask 077; exec "$@"', "sh")
    done = _run(_words(workshop[0], name, plain), prefix=prefix, LANG="C", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert content_of(plain) == content_of(usual)
    assert all(path.stat().st_mode & 0o077 == 0 for path in plain.rglob("*") if path != plain)


@pytest.mark.parametrize("program", ["colorunet", "dataprep", "trainer"])
def test_in_a_folder_that_is_gone_a_program_says_so(program: str, tmp_path: Path) -> None:
    """All commands of a program enter alike; those that load torch would be ended by oneMKL."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "$@"'
    done = _run([program, "--help"], prefix=("sh", "-c", script, "sh"))
    told = f"{program}: the working folder was deleted; change into another one\n"
    assert (done.returncode, done.stdout, done.stderr.decode()) == (1, b"", told)


_ODD = ("-x.jpg", "--overwrite.jpg", "two\nlines.jpg", "a\tb.jpg", " leading.jpg", "-")


def _noise(edge: int, seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((edge, edge), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name is odd, with photos whose names are."""
    folder = tmp_path_factory.mktemp("odd") / "-photos\nof 1950"
    folder.mkdir()
    for number, name in enumerate(_ODD):
        _noise(112, number).save(folder / name, "JPEG")
    return folder


def test_names_with_line_breaks_and_leading_dashes_go_through_every_command(
    oddly_named: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is given its input from the one before, in folders that are called likewise."""
    here = tmp_path / "-here"
    here.mkdir()
    monkeypatch.chdir(here)
    photos, palette, shards = "-photos\n2", "-p\n.json", "-shards\n"
    fit = [word for pair in TINY_FIT.split() for word in ("--set", pair)]
    steps: list[list[str]] = [
        ["dataprep", "import", "--out", photos, "--workers", "1", "--", str(oddly_named)],
        ["dataprep", "palette", "--bins", "8", "--workers", "1", f"--out={palette}", "--", photos],
        ["dataprep", "shard", f"--palette={palette}", "--size", "32", "--split", "50/50/50/50",
         "--workers", "1", f"--out={shards}", "--", photos],
        ["dataprep", "inspect", "--html=-page\n.html", "--", shards],
        ["dataprep", "verify", "--", shards],
        ["trainer", "fit", "--out=-run\n", "--device", "cpu", *fit, "--", shards],
        ["trainer", "evaluate", "--split", "val", "--html=-page\n2.html", "--", "-run\n", shards],
        ["trainer", "diagnose", "--", "-run\n", shards],
        ["colorunet", "export", "--hub=-hub\n", "--", "-run\n"],
        ["colorunet", "colorize", "--network", NETWORK, "--out=-out\n", "--", str(oddly_named)],
        ["colorunet", "verify", "--", "-out\n/-x.jpg", "-out\n/two\nlines.jpg"],
        ["colorunet", "restore", "--out=-gray\n.png", "--", "-out\n/two\nlines.jpg"],
    ]  # fmt: skip
    for words in steps:
        done = run(*words)
        assert "Traceback" not in done.stderr, (words, done.stderr)
        assert done.returncode in (0, 3), (words, done.stderr)
        assert "two\nlines" not in done.stderr, words
    coloured = sorted(path.name for path in (here / "-out\n").iterdir() if path.suffix == ".jpg")
    assert coloured == sorted(name if name.endswith(".jpg") else f"{name}.jpg" for name in _ODD)


def _rewritten(path: Path, until: threading.Event) -> Callable[[], None]:
    """Write other pictures over a file again and again, shorter and longer ones."""
    contents = []
    for edge in (80, 900, 300):
        buffer = io.BytesIO()
        _noise(edge, edge).save(buffer, "JPEG", quality=95)
        contents.append(buffer.getvalue())

    def write() -> None:
        number = 0
        while not until.wait(0.001):
            with path.open("r+b") as file:
                file.write(contents[number % 3])
                file.truncate()
            number += 1

    return write


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Path]:
    """A folder with a photo that changes all the time beside one that doesn't."""
    folder = tmp_path / "changing"
    folder.mkdir()
    for name in ("changes.jpg", "stays.jpg"):
        _noise(300, len(name)).save(folder / name)
    until = threading.Event()
    writer = threading.Thread(target=_rewritten(folder / "changes.jpg", until))
    writer.start()
    yield folder
    until.set()
    writer.join()


def test_an_input_that_changes_while_it_is_read_is_whole_or_named(
    changing: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        words = ["colorunet", str(changing), "--network", NETWORK, "--out", str(out)]
        done = _run([*words, "--overwrite", "--json"])
        assert done.returncode in (0, 3), done.stderr
        assert b"Traceback" not in done.stderr
        assert b"a bug in" not in done.stderr
        told = json.loads(done.stdout)
        assert told["colorized"] + told["skipped"] == 2
        for path in out.glob("*.jpg"):
            with Image.open(path) as image:
                image.load()
        assert (out / "stays.jpg").exists()


def test_a_changing_input_is_imported_as_bytes_that_its_row_vouches_for(
    changing: Path, tmp_path: Path
) -> None:
    words = ["dataprep", "import", str(changing), "--out", str(tmp_path / "p")]
    done = _run([*words, "--workers", "1"])
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    folder = PhotoFolder(tmp_path / "p")
    for photo in folder.kept():
        assert hashlib.sha256(folder.read(photo)).hexdigest() == photo.sha256
