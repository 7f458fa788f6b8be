"""Watches what a reader does while it is fed: nothing is written outside, no gigabyte is taken."""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MOST_KB = 1 << 20  # a gigabyte
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod")
_IN_FOLDERS = ("os.remove", "os.rmdir")
_OTHER = ("subprocess.Popen", "os.exec", "os.system", "socket.connect", "pickle.find_class")
_OWN = (".hypothesis", "__pycache__", ".pytest_cache", "/dev/null")
_OWN += (tempfile.gettempdir() + "/tmp",)  # Hypothesis, when it explains what failed
_watching: list[Path] = []
_caught: list[str] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    if event in _OTHER:
        _caught.append(f"{event} {arguments!r:.200}")
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
    if writes or event in _CHANGES:
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | Path) else ""
        folder = arguments[-1] if event in _IN_FOLDERS else -1
        if isinstance(folder, int) and folder >= 0:  # as shutil.rmtree names what it deletes
            path = f"{os.readlink(f'/proc/self/fd/{folder}')}/{path}"
        if path and not _is_ours(path):
            _caught.append(f"{event} {path}")


def _is_ours(path: str) -> bool:
    return any(part in path for part in _OWN) or Path(path).is_relative_to(_watching[0])


sys.addaudithook(_hook)


@pytest.fixture(autouse=True)
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fails a test whose reader wrote outside, ran a program, or took more than a gigabyte."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _caught.clear()
    _watching.append(tmp_path_factory.getbasetemp())
    yield
    _watching.clear()
    assert _caught == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KB
