"""Whatever breaks on the way, nothing is lost, doubled or half-written."""

import gzip
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from dataprep.cli import app
from dataprep.errors import DataprepError

OPTIONS = ("--classes", "all", "--per-class", "4")


def fetch(*args: object) -> Result:
    return CliRunner().invoke(app, ["fetch-sun", *map(str, args)])


def state(photos: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The photos kept by the manifest, and every file in the folder, with their sha256."""
    rows = pq.read_table(photos / "manifest.parquet").to_pylist()
    kept = {row["path"]: row["sha256"] for row in rows if row["status"] == "kept"}
    files = {
        path.relative_to(photos).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in photos.rglob("*")
        if path.is_file() and path.name != "manifest.parquet"
    }
    return kept, files


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, sun_tree: Path
) -> tuple[dict[str, str], dict[str, str]]:
    out = tmp_path_factory.mktemp("undisturbed")
    assert fetch(sun_tree, *OPTIONS, "--out", out).exit_code == 0
    return state(out)


@pytest.fixture(scope="module")
def archives(sun_tar: Path, sun_targz: Path) -> dict[str, Path]:
    return {"tar": sun_tar, "gz": sun_targz}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("kind", ["tar", "gz"])
def test_a_cut_archive_keeps_what_was_whole_and_a_whole_one_puts_it_right(
    share: float, kind: str, archives: dict[str, Path], undisturbed, tmp_path: Path
) -> None:
    source = archives[kind]
    data = source.read_bytes()
    content = len(data.rstrip(b"\0")) if kind == "tar" else len(data)
    cut = tmp_path / source.name
    cut.write_bytes(data[: max(600, int(content * share) - 600)])
    out = tmp_path / "out"
    result = fetch(cut, *OPTIONS, "--out", out, "--json")
    assert isinstance(result.exception, DataprepError)
    assert "damaged" in str(result.exception)
    assert "bytes" in str(result.exception)
    summary = json.loads(result.stdout)
    kept, files = state(out)
    assert len(kept) == summary["kept"]
    assert kept.items() <= files.items()
    if share >= 0.3:
        assert kept
    assert fetch(source, *OPTIONS, "--out", out).exit_code == 0
    assert state(out) == undisturbed


def test_a_corrupt_archive_leaves_nothing_wrong_after_a_whole_one(
    sun_targz: Path, undisturbed, tmp_path: Path
) -> None:
    rng = random.Random(0)
    data = bytearray(sun_targz.read_bytes())
    for _ in range(3):
        position = rng.randrange(len(data) // 3, len(data))
        data[position] ^= 0x10
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(data)
    out = tmp_path / "out"
    assert isinstance(fetch(broken, *OPTIONS, "--out", out).exception, DataprepError)
    assert fetch(sun_targz, *OPTIONS, "--out", out).exit_code == 0
    assert state(out) == undisturbed


def test_what_was_there_for_good_survives_a_damaged_archive(
    sun_tree: Path, sun_tar: Path, undisturbed, tmp_path: Path
) -> None:
    assert fetch(sun_tree, *OPTIONS, "--out", tmp_path).exit_code == 0
    cut = tmp_path / "cut.bin"
    cut.write_bytes(sun_tar.read_bytes()[:100_000])
    result = fetch(cut, *OPTIONS, "--seed", 7, "--out", tmp_path)
    assert isinstance(result.exception, DataprepError)
    cut.unlink()
    assert fetch(sun_tar, *OPTIONS, "--out", tmp_path).exit_code == 0
    assert state(tmp_path) == undisturbed


def test_md5_is_checked_while_streaming(sun_targz: Path, tmp_path: Path) -> None:
    right = hashlib.md5(sun_targz.read_bytes()).hexdigest()
    assert (
        fetch(sun_targz, *OPTIONS, "--md5", right.upper(), "--out", tmp_path / "0").exit_code == 0
    )
    result = fetch(sun_targz, *OPTIONS, "--md5", "0" * 32, "--out", tmp_path / "1")
    assert isinstance(result.exception, DataprepError)
    assert right in str(result.exception)
    assert "0" * 32 in str(result.exception)


@pytest.mark.parametrize("md5", ["xyz", "0" * 31])
def test_an_md5_that_is_none_is_refused_before_anything_is_read(
    md5: str, sun_tar: Path, tmp_path: Path
) -> None:
    result = fetch(sun_tar, "--md5", md5, "--out", tmp_path / "out")
    assert "32 hexadecimal digits" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_md5_of_a_folder_is_refused(sun_tree: Path, tmp_path: Path) -> None:
    result = fetch(sun_tree, "--md5", "0" * 32, "--out", tmp_path / "out")
    assert "is a folder" in str(result.exception)


def test_the_members_that_lead_out_are_never_written(sun_tree: Path, tmp_path: Path) -> None:
    photo = next((sun_tree / "b" / "beach").glob("*.jpg")).read_bytes()
    inside = tmp_path / "inside"
    inside.mkdir()
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        for name in (
            "../b/beach/sun_up.jpg",
            str(tmp_path / "b/beach/sun_absolute.jpg"),
            "SUN397/../../b/beach/sun_deep.jpg",
            "b/beach/sun_" + "good" * 4 + ".jpg",
        ):
            info = tarfile.TarInfo(name)
            info.size = len(photo)
            tar.addfile(info, io.BytesIO(photo))
        link = tarfile.TarInfo("b/beach/sun_link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "../../../../etc/passwd"
        tar.addfile(link)
    before = set(tmp_path.rglob("*"))
    result = fetch(tmp_path / "evil.tar", *OPTIONS, "--out", inside / "out", "--json")
    assert json.loads(result.stdout)["refused_members"] == 4
    new = set(tmp_path.rglob("*")) - before
    assert all(path.is_relative_to(inside / "out") for path in new)
    assert len(list((inside / "out" / "sun").iterdir())) <= 1


@pytest.mark.parametrize("kind", ["tree", "targz"])
def test_sigkill_at_random_instants_and_a_rerun_give_the_undisturbed_folder(
    kind: str, sun_tree: Path, sun_targz: Path, undisturbed, tmp_path: Path
) -> None:
    source = sun_tree if kind == "tree" else sun_targz
    command = [sys.executable, "-m", "dataprep", "fetch-sun", str(source), *OPTIONS, "--out"]
    rng = random.Random(5)
    kills = 0
    for round_ in range(3):
        out = tmp_path / str(round_)
        for _ in range(3):
            process = subprocess.Popen(
                [*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            deadline = time.monotonic() + 30
            while not out.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.002)  # the imports take longest; kill within the work
            time.sleep(rng.uniform(0, 0.12))
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        assert fetch(source, *OPTIONS, "--out", out).exit_code == 0
        assert state(out) == undisturbed
    assert kills


def test_no_file_descriptor_and_no_temporary_file_is_left(
    sun_tar: Path, sun_tree: Path, tmp_path: Path
) -> None:
    fetch(sun_tree, *OPTIONS, "--out", tmp_path / "warm")
    before = len(os.listdir("/proc/self/fd"))
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(gzip.compress(sun_tar.read_bytes())[:50_000])
    for number, source in enumerate((sun_tree, sun_tar, cut)):
        fetch(source, *OPTIONS, "--out", tmp_path / str(number))
        hidden = {path.name for path in (tmp_path / str(number)).rglob(".*")}
        assert hidden <= {".sun-provisional.json"}
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_manifest_that_a_kill_cut_short_is_swept_away(sun_tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert fetch(sun_tree, *OPTIONS, "--out", out).exit_code == 0
    (out / ".colorunet.0123456789abcdef.tmp").write_bytes(b"half a manifest")
    assert fetch(sun_tree, *OPTIONS, "--out", out).exit_code == 0
    assert not list(out.glob(".*.tmp"))
