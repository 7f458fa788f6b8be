"""Nothing half-written is ever seen under its final name."""

import os
from pathlib import Path

import pytest

from colorfiles.files import discard, sweep, write_atomically


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


def test_sweep_removes_what_a_killed_writer_left_and_no_more(tmp_path: Path) -> None:
    kept = [tmp_path / "photo.tmp", tmp_path / ".hidden", tmp_path / "photo.jpg"]
    for path in (*kept, tmp_path / ".photo.jpg.0a1b.tmp"):
        path.touch()
    (tmp_path / ".folder.tmp").mkdir()
    assert sweep(tmp_path) == 1
    assert all(path.exists() for path in kept)


def test_sweep_can_spare_what_another_writer_is_at(tmp_path: Path) -> None:
    (tmp_path / ".0a1b.tmp").touch()
    assert sweep(tmp_path, older_s=60) == 0
    os.utime(tmp_path / ".0a1b.tmp", (1e9, 1e9))
    assert sweep(tmp_path, older_s=60) == 1


def test_discarding_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    discard(tmp_path / "nothing")


def test_a_name_of_255_bytes_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 251 + ".jpg")
    with write_atomically(target) as temporary:
        temporary.write_bytes(b"whole")
    assert list(tmp_path.iterdir()) == [target]
