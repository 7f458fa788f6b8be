"""Ctrl-C, a kill and a full disk: how each command ends, and that it can be run again."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trainer.report.contact_sheet import write_png
from trainer.report.evaluation_job import Outputs


@pytest.fixture(scope="module")
def photos(tmp_path_factory, demo_photos) -> Path:
    from dataprep.sources.folder import import_folder

    out = tmp_path_factory.mktemp("photos")
    import_folder(demo_photos, out)
    return out


@pytest.fixture(params=["import", "palette", "shard"])
def command(request, tmp_path, photos, demo_photos, small_palette) -> list[object]:
    palette, out = tmp_path / "palette.json", tmp_path / "out"
    palette.write_text(small_palette.to_json())
    return {
        "import": ["import", demo_photos, "--out", out],
        "palette": ["palette", photos, "--bins", 6, "--workers", 2, "--out", out / "p.json"],
        "shard": ["shard", photos, "--palette", palette, "--workers", 2, "--out", out],
    }[request.param]


@pytest.mark.parametrize("wait_s", [0.0, 0.3, 1.5])
def test_ctrl_c_is_one_line(command: list[object], wait_s: float, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dataprep", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "out").exists() and process.poll() is None:
        time.sleep(0.02)  # until the command itself is at work
    time.sleep(wait_s)
    with contextlib.suppress(ProcessLookupError):  # done by then
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    _, told = process.communicate(timeout=60)
    assert "Traceback" not in told
    if process.returncode:  # else it was done by then
        assert process.returncode in (130, -signal.SIGINT), told
        assert len(told.splitlines()) <= 1, told


def test_a_full_disk_names_the_file(tmp_path, demo_photos) -> None:
    def limit() -> None:  # what a full disk looks like to a process
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    command = ["dataprep", "import", demo_photos, "--out", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        check=False,
        preexec_fn=limit,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(tmp_path / "out") in line


def test_a_figure_that_a_kill_left_without_its_palette_is_written_again(
    tmp_path, run, photos
) -> None:
    outputs = ("--out", tmp_path / "p.json", "--plot", tmp_path / "p.png")
    command = ("dataprep", "palette", photos, "--bins", 4, "--workers", 1, *outputs)
    assert run(*command).returncode == 0
    (tmp_path / "p.json").unlink()
    assert run(*command).returncode == 0
    again = run(*command)
    assert again.returncode == 1
    assert "--overwrite replaces it" in again.stderr
    (tmp_path / "p.json").unlink()
    (tmp_path / "p.png").write_bytes((next(photos.rglob("*.png"))).read_bytes())
    done = run(*command)
    assert "not a file that this command writes" in done.stderr


def test_a_sheet_that_a_kill_left_without_its_page_is_written_again(tmp_path: Path) -> None:
    from PIL import Image

    outputs = Outputs(html=tmp_path / "page.html", contact_sheet=tmp_path / "sheet.png")
    write_png(Image.new("RGB", (8, 8)), tmp_path / "sheet.png")
    outputs.refuse_existing()
    (tmp_path / "page.html").write_text("<!doctype html>\n<html>")
    with pytest.raises(Exception, match="already"):
        outputs.refuse_existing()
    (tmp_path / "page.html").unlink()
    Image.new("RGB", (8, 8)).save(tmp_path / "sheet.png")
    with pytest.raises(Exception, match="not a file that this command writes"):
        outputs.refuse_existing()
