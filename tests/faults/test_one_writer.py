"""Two writers of one place: real processes, started at once, killed, begun again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from soak_parts.commands import ENVIRONMENT, NAMES, Workshop
from soak_parts.warm_start import Running, WarmStart
from soak_parts.whole_files import content_of

from colorfiles.errors import ColorfilesError
from colorfiles.locks import FOLDER_LOCK, only_writer

HOLD = (
    "import sys, time; from pathlib import Path; from colorfiles.locks import only_writer\n"
    "with only_writer(Path(sys.argv[1])):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == "held\n"
    return process


def test_the_second_writer_is_told_who_the_first_is(tmp_path, run, one_line, noise_tree) -> None:
    holder = _holder(tmp_path)
    try:
        line = one_line(run("dataprep", "import", noise_tree, "--out", tmp_path))
        assert f"process {holder.pid} on " in line
        assert "since 20" in line
        assert [path.name for path in tmp_path.iterdir()] == [FOLDER_LOCK]
    finally:
        holder.kill()
        holder.wait()


def test_a_lock_whose_holder_was_killed_is_taken_over(tmp_path, run, noise_tree) -> None:
    holder = _holder(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / FOLDER_LOCK).exists()
    done = run("dataprep", "import", noise_tree, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / FOLDER_LOCK).exists()


def test_of_many_imports_at_once_every_photo_of_those_that_succeed_has_its_row(
    tmp_path, noise_tree
) -> None:
    command = [sys.executable, "-m", "dataprep", "import", noise_tree, "--out", tmp_path / "p"]
    running = [
        subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ends = [(process.communicate()[1], process.returncode) for process in running]
    assert 0 in [code for _, code in ends]
    assert all(code == 0 or "is writing there" in told for told, code in ends)
    rows = pq.read_table(tmp_path / "p" / "manifest.parquet").to_pylist()
    files = {path.relative_to(tmp_path / "p").as_posix() for path in tmp_path.rglob("folder/*")}
    assert {row["path"] for row in rows if row["status"] == "kept"} == files
    assert len(rows) == 40


def test_a_forked_child_of_a_dead_holder_holds_nothing(tmp_path) -> None:
    fork = (
        "r, w = os.pipe(); pid = os.fork()\n"
        "    (os.write(w, b'x'), time.sleep(8)) if pid == 0 else os.read(r, 1)\n"
        "    os._exit(0)"
    )
    code = "import os; " + HOLD.replace("time.sleep(60)", fork)
    process = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.DEVNULL, check=False
    )
    assert process.returncode == 0  # the child lives on
    with only_writer(tmp_path):
        pass


def test_one_process_can_not_take_a_lock_twice(tmp_path) -> None:
    told = pytest.raises(ColorfilesError, match=f"process {os.getpid()} on")
    with only_writer(tmp_path), told, only_writer(tmp_path):
        pass


def test_a_lock_that_is_a_link_or_a_fifo_harms_nobody(tmp_path, victim) -> None:
    for number, make in enumerate((lambda p: p.symlink_to(victim), os.mkfifo)):
        folder = tmp_path / str(number)
        folder.mkdir()
        make(folder / FOLDER_LOCK)
        started = time.monotonic()
        with pytest.raises(OSError, match=FOLDER_LOCK), only_writer(folder):
            pass
        assert time.monotonic() - started < 5
    assert victim.read_text() == "precious"


def test_two_resumed_fits_do_not_write_one_run(tmp_path, run, one_line, make_shards) -> None:
    shards = make_shards(tmp_path / "shards")
    folder = tmp_path / "run"
    folder.mkdir()
    holder = _holder(folder)
    try:
        options = ("--recipe", "small", "--resume", "--device", "cpu")
        line = one_line(run("trainer", "fit", shards, "--out", folder, *options))
        assert f"process {holder.pid} on " in line
    finally:
        holder.kill()
        holder.wait()


def test_two_palettes_are_not_learnt_into_one_file(tmp_path, run, one_line, noise_tree) -> None:
    run("dataprep", "import", noise_tree, "--out", tmp_path / "photos")
    with only_writer(tmp_path / "palette.json", folder=False):
        done = run(
            "dataprep", "palette", tmp_path / "photos", "--bins", 4, "--workers", 1,
            "--out", tmp_path / "palette.json",
        )  # fmt: skip
    assert f"process {os.getpid()} on" in one_line(done)
    assert not (tmp_path / "palette.json").exists()


def test_of_two_resumed_fits_at_once_the_metrics_have_each_step_once(tmp_path, make_shards) -> None:
    shards = make_shards(tmp_path / "shards")
    command = [sys.executable, "-m", "trainer", "fit", shards, "--out", tmp_path / "run"]
    command += ["--recipe", "small", "--resume", "--device", "cpu", "--set", "epochs=3"]
    command += ["--set", "batch_size=2", "--set", "width=8", "--set", "depth=2"]
    running = [
        subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [(process.communicate()[1], process.returncode) for process in running]
    assert 0 in [code for _, code in ends], ends
    assert all(code == 0 or "is writing there" in told for told, code in ends), ends
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(line)["step"] for line in lines if "val_" not in line]
    assert steps == sorted(set(steps))


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmStart]:
    """Starts commands beside those of the workshop."""
    with WarmStart(tmp_path_factory.mktemp("another"), ENVIRONMENT) as starter:
        yield starter


@pytest.mark.parametrize("name", NAMES)
def test_of_a_command_twice_at_once_one_writes_and_the_other_does_no_harm(
    name: str, workshop: tuple[Workshop, WarmStart], another: WarmStart, tmp_path: Path
) -> None:
    shop, starter = workshop
    out, calm = tmp_path / "out", tmp_path / "calm"
    assert starter.start(shop.command(name).prepare(calm)).wait() == 0
    words = shop.command(name).prepare(out)
    ends = [_end(running) for running in [starter.start(words), another.start(words)]]
    assert 0 in [code for code, _ in ends], ends
    for code, told in ends:
        assert code == 0 or "is writing there" in told, told
        assert "Traceback" not in told
    again = starter.start(words)
    assert again.wait() == 0, again.err.read_text()
    assert content_of(out) == content_of(calm)


def _end(running: Running) -> tuple[int, str]:
    return running.wait(), running.err.read_text()
