"""Colourising needs nothing that only one kind of system has."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

_ELSEWHERE = """
import os, signal, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("sched_getaffinity", "register_at_fork", "fork", "O_NOFOLLOW", "O_NONBLOCK"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGKILL", "SIGUSR1", "pthread_sigmask"):
    if hasattr(signal, name):
        delattr(signal, name)
from colorunet.__main__ import main
main()
"""


def test_a_photo_is_coloured_where_there_is_no_unix(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 56), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "gray.png")
    words = ["colorize", "gray.png", "--network", "colorunet-listed", "--working-edge", "32"]
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, *words, "--out", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out" / "gray.png") as image:
        assert (image.mode, image.size) == ("RGB", (56, 40))
