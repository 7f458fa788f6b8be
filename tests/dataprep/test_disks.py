"""Disks that take nothing, or nothing more, end ``dataprep shard`` with one line each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from colorfiles.storage import Storage
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards

# Root without these may write only where the mode lets root's own write, like anybody else.
POWERS = "-dac_override,-dac_read_search,-fowner"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, of which 200 KB are free."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a disk of its own")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        (folder / "ballast").write_bytes(bytes((2 << 20) - 200_000))
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def palette_file(small_palette: Palette, tmp_path: Path) -> Path:
    path = tmp_path / "p.json"
    path.write_text(small_palette.to_json())
    return path


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


def shard(
    photos: Path, palette: Path, out: Path, *options: str, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    arguments = ["shard", photos, "--split", "--palette", palette, "--out", out, "--size", "64"]
    return subprocess.run(
        [*prefix, sys.executable, "-m", "dataprep", *map(str, arguments), *options],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def without_powers() -> tuple[str, ...]:
    """What to put before a command so that it minds the modes of files: nothing unless root."""
    if os.geteuid() != 0:
        return ()
    prefix = ("setpriv", f"--bounding-set={POWERS}", f"--inh-caps={POWERS}")
    if shutil.which("setpriv") is None:
        pytest.skip("root minds no modes, and setpriv isn't there to take that power away")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root minds no modes, and may not give that power up here")
    return prefix


@pytest.mark.parametrize("below", ["", "shards"])
def test_a_read_only_folder_is_one_line_and_stays_as_it_was(
    photo_folder: Path,
    palette_file: Path,
    read_only_folder: Path,
    without_powers: tuple[str, ...],
    below: str,
) -> None:
    out = read_only_folder / below
    done = shard(photo_folder, palette_file, out, "--workers", "1", prefix=without_powers)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"{out}: can't be written to (Permission denied)" in line
    assert "name an output folder that can be" in line
    assert list(read_only_folder.iterdir()) == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_ends_it_with_one_line_and_the_same_command_goes_on(
    photo_folder: Path, palette_file: Path, small_disk: Path, workers: str
) -> None:
    out = small_disk / "shards"
    options = ("--workers", workers, "--shard-size", "20")
    done = shard(photo_folder, palette_file, out, *options)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "No space left on device; free some space" in line
    assert "run the same command again" in line
    assert str(out) in line
    names = {path.name for path in out.iterdir()} - {".job.json"}
    whole = {name.removesuffix(".json") for name in names if name.endswith(".json")}
    assert names <= {f"{name}.{suffix}" for name in whole for suffix in ("tar", "parquet", "json")}
    (small_disk / "ballast").unlink()
    assert shard(photo_folder, palette_file, out, *options).returncode == 0
    shutil.rmtree(out)


def test_a_disk_that_is_full_before_the_last_file_of_a_shard_keeps_none_of_it(
    photo_folder: Path, small_palette: Palette, small_disk: Path, tmp_path: Path
) -> None:
    photos = PhotoFolder(photo_folder).kept()[:2]

    def write(out: Path) -> None:
        write_shards(
            photos,
            Storage(str(photo_folder)),
            Storage(str(out)),
            palette=small_palette,
            settings=ShardSettings(ViewSettings(size=32), shard_samples=20),
            engine=LocalEngine(1),
        )

    write(tmp_path / "roomy")
    page = os.statvfs(small_disk).f_frsize
    files = [*(tmp_path / "roomy").glob("train-*")]
    assert {path.suffix for path in files} == {".json", ".parquet", ".tar"}
    pages = sum(-(-path.stat().st_size // page) for path in files)
    told = 0
    for room in range(pages - 2, pages + 4):  # beside them a lock and the job lie there
        out = small_disk / f"{room}"
        (small_disk / "ballast").unlink()
        free = os.statvfs(small_disk).f_bavail
        (small_disk / "ballast").write_bytes(bytes((free - room) * page))
        try:
            write(out)
        except DataprepError as error:
            told += "No space left on device" in str(error)
            kept = {path.suffix for path in out.glob("train-*")}
            assert kept in (set(), {".json", ".parquet", ".tar"}), room
        shutil.rmtree(out)
    assert told
