"""Nothing half-written is ever seen under its final name."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from colorfiles.files import discard, sweep, sweep_abandoned, write_atomically


def test_the_name_appears_with_the_whole_content(tmp_path: Path) -> None:
    target = tmp_path / "manifest"
    with write_atomically(target) as temporary:
        temporary.write_bytes(b"half")
        assert not target.exists()
        temporary.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    target = tmp_path / "manifest"
    target.write_bytes(b"old")

    def write() -> None:
        with write_atomically(target) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        write()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


_LEFT = ".colorunet.0123456789abcdef.tmp"


def test_sweep_removes_what_a_killed_writer_left_and_no_more(tmp_path: Path) -> None:
    others = ("photo.tmp", ".hidden", "photo.jpg", ".photo.jpg.0a1b.tmp", ".0123456789abcdef.tmp")
    kept = [tmp_path / name for name in others]
    for path in (*kept, tmp_path / _LEFT):
        path.touch()
    (tmp_path / _LEFT.replace("0", "1")).mkdir()
    assert sweep(tmp_path) == 1
    assert all(path.exists() for path in kept)


def test_a_file_being_written_is_kept_while_others_look_for_abandoned_ones(tmp_path: Path) -> None:
    done = threading.Event()

    def sweep_again_and_again() -> None:
        while not done.is_set():
            sweep_abandoned(tmp_path)

    sweepers = [threading.Thread(target=sweep_again_and_again) for _ in range(3)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        for number in range(400):
            with write_atomically(tmp_path / str(number)) as temporary:
                temporary.write_bytes(bytes(100_000))
    finally:
        done.set()
        for sweeper in sweepers:
            sweeper.join()
    assert len(list(tmp_path.iterdir())) == 400


_WRITER = """
import sys, time
from pathlib import Path
from colorfiles.files import write_atomically

with write_atomically(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    print("at work", flush=True)
    time.sleep(600)
"""


def test_a_writer_deletes_what_a_killed_one_left_at_once_and_spares_one_at_work(
    tmp_path: Path,
) -> None:
    targets = [tmp_path / "killed", tmp_path / "at work"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(target)], stdout=subprocess.PIPE, text=True
        )
        for target in targets
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "at work\n"
    assert len(list(tmp_path.iterdir())) == 2
    writers[0].kill()
    writers[0].wait()
    (tmp_path / _LEFT).mkdir()
    with write_atomically(tmp_path / "new") as temporary:
        temporary.write_bytes(b"whole")
    left = {path.name for path in tmp_path.iterdir()} - {"new", _LEFT}
    writers[1].kill()
    for writer in writers:
        writer.communicate()
    assert len(left) == 1


def test_discarding_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    discard(tmp_path / "nothing")


def test_a_name_of_255_bytes_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 251 + ".jpg")
    with write_atomically(target) as temporary:
        temporary.write_bytes(b"whole")
    assert list(tmp_path.iterdir()) == [target]
