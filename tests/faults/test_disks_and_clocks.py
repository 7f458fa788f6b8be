"""Full and read-only disks, folders without permission, a clock that goes back: every command.

Where something needs a power that isn't there (a mount, a capability, a compiler) it is skipped.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from soak_parts.commands import ENVIRONMENT, NAMES, Command, Workshop
from soak_parts.warm_start import Running, WarmStart
from soak_parts.whole_files import content_of

Shop = tuple[Workshop, WarmStart]
_ROOM_BYTES = 4 << 10  # beside what a command starts with: for its lock
_LARGE = "200m"
# Root without these minds the modes of files, like anybody else.
_POWERS = "-dac_override,-dac_read_search,-fowner"
_CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec -= 400L * 24 * 3600;
    return result;
}
"""


@pytest.fixture
def calm(workshop: Shop, tmp_path_factory: pytest.TempPathFactory, request) -> dict[str, str]:
    """What the command gives where nothing goes wrong; made once a command."""
    name = request.getfixturevalue("name")
    if name not in _CALM:
        shop, starter = workshop
        out = tmp_path_factory.mktemp("calm")
        running = starter.start(shop.command(name).prepare(out))
        assert running.wait() == 0, running.err.read_text()
        _CALM[name] = content_of(out)
    return _CALM[name]


_CALM: dict[str, dict[str, str]] = {}


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """A large disk of its own in place of a folder."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={_LARGE}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a disk of its own")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def _on_a_disk(command: Command, out: Path) -> Iterator[tuple[str, ...]]:
    """The words of a command whose ``OUT`` is a disk, with what it starts with already on it."""
    words = command.prepare(out)
    with _disk(out):
        if command.starts_with is not None:
            shutil.copytree(command.starts_with, out, dirs_exist_ok=True)
        yield words


def _remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def _used_bytes(folder: Path) -> int:
    told = os.statvfs(folder)
    return (told.f_blocks - told.f_bfree) * told.f_frsize


def _require_told(running: Running, *words: str) -> None:
    """The command must fail, and say in a line what the disk said, or SQLite made of it."""
    assert running.wait() in (1, 3)  # 3: each photo that couldn't be written is named
    said = running.err.read_text()
    assert "Traceback" not in said
    assert "unexpected" not in said
    assert any(word in said for word in words), said


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_named_and_the_same_command_goes_on_when_there_is_room(
    name: str, workshop: Shop, calm: dict[str, str], tmp_path: Path
) -> None:
    shop, starter = workshop
    out = tmp_path / "out"
    with _on_a_disk(shop.command(name), out) as words:
        _remount(out, f"size={_used_bytes(out) + _ROOM_BYTES}")
        _require_told(starter.start(words), "No space left on device", "disk is full")
        _remount(out, f"size={_LARGE}")
        again = starter.start(words)
        assert again.wait() == 0, again.err.read_text()
        assert content_of(out) == calm


@pytest.mark.parametrize("name", NAMES)
def test_a_read_only_disk_is_one_line(name: str, workshop: Shop, tmp_path: Path) -> None:
    shop, starter = workshop
    out = tmp_path / "out"
    with _on_a_disk(shop.command(name), out) as words:
        before = content_of(out)
        _remount(out, "ro")
        _require_told(starter.start(words), "Read-only file system", "readonly database")
        assert content_of(out) == before


@pytest.fixture(scope="module")
def powerless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmStart]:
    """Starts commands that may write where anybody may."""
    prefix = ("setpriv", f"--bounding-set={_POWERS}", f"--inh-caps={_POWERS}")
    if os.geteuid() != 0:
        prefix = ()
    elif shutil.which("setpriv") is None:
        pytest.skip("root minds no modes, and setpriv isn't there to take that power away")
    elif subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root minds no modes, and may not give that power up here")
    with WarmStart(tmp_path_factory.mktemp("powerless"), ENVIRONMENT, prefix) as starter:
        yield starter


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_one_may_not_write_to_is_one_line(
    name: str, workshop: Shop, powerless: WarmStart, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = workshop[0].command(name).prepare(out)
    before = content_of(out)
    out.chmod(0o555)
    try:
        _require_told(powerless.start(words), "Permission denied", "unable to open database file")
        assert content_of(out) == before
    finally:
        out.chmod(0o755)


@pytest.fixture(scope="module")
def last_year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmStart]:
    """Starts commands whose clock shows a day more than a year ago."""
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(_CLOCK)
    build = ["cc", "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c", "-ldl"]
    if shutil.which("cc") is None or subprocess.run(build, check=False).returncode:
        pytest.skip("no C compiler here to make another clock with")
    clock = {"LD_PRELOAD": str(folder / "clock.so")}
    with WarmStart(folder, ENVIRONMENT | clock) as starter:
        yield starter


@pytest.mark.parametrize("name", NAMES)
def test_a_clock_that_went_back_since_changes_nothing(
    name: str, workshop: Shop, last_year: WarmStart, calm: dict[str, str], tmp_path: Path
) -> None:
    shop, starter = workshop
    out = tmp_path / "out"
    words = shop.command(name).prepare(out)
    before = _names(out)
    first = starter.start(words)
    _kill_when_begun(out, before, first)
    again = last_year.start(words)
    assert again.wait() == 0, again.err.read_text()
    assert content_of(out) == calm


def _names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


def _kill_when_begun(out: Path, before: set[str], running: Running) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _names(out) <= before:
        time.sleep(0.002)
    running.send(signal.SIGKILL)
    running.wait()
