"""Ctrl-C, a kill and a full disk: how each command ends, and that it can be run again."""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colorcore import Palette
from colorunet.parameters.meta import read_meta
from colorunet.parameters.shipped import shipped_run


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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_shard_leaves_no_worker_and_no_traceback(
    number: signal.Signals, tmp_path: Path, photos: Path, small_palette: Palette
) -> None:
    palette, out, said = tmp_path / "palette.json", tmp_path / "out", tmp_path / "said.txt"
    palette.write_text(small_palette.to_json())
    command = ["shard", photos, "--palette", palette, "--workers", 2, "--shard-size", 2]
    with said.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dataprep", *map(str, command), "--views", "40", "--out", out],
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        while not list(out.glob("*.tar")) and process.poll() is None:
            time.sleep(0.02)  # until both workers have work
        process.send_signal(number)
        assert process.wait(timeout=60) in (-number, 128 + number)
    ended = time.monotonic() + 60
    while _group_lives(process.pid) and time.monotonic() < ended:
        time.sleep(0.1)
    assert not _group_lives(process.pid)
    assert "Traceback" not in said.read_text()


def _group_lives(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


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


def test_a_palette_that_is_there_of_the_same_photos_is_told_of_again(tmp_path, run, photos) -> None:
    palette, figure = tmp_path / "p.json", tmp_path / "p.png"
    command = ("dataprep", "palette", photos, "--bins", 4, "--workers", 1, "--out", palette)
    first = run(*command, "--json")
    palette_written = palette.stat().st_mtime_ns
    again = run(*command, "--json", "--plot", figure)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert palette.stat().st_mtime_ns == palette_written
    drawn = figure.read_bytes()
    palette.unlink()  # a kill leaves the figure alone
    figure_written = figure.stat().st_mtime_ns
    assert run(*command, "--json", "--plot", figure).stdout == first.stdout
    assert (figure.stat().st_mtime_ns, figure.read_bytes()) == (figure_written, drawn)


def test_a_palette_of_other_settings_or_a_figure_of_others_is_left_alone(
    tmp_path, run, one_line, photos
) -> None:
    outputs = ("--out", tmp_path / "p.json", "--plot", tmp_path / "p.png")
    command = ("dataprep", "palette", photos, "--workers", 1, *outputs)
    assert run(*command, "--bins", 4).returncode == 0
    line = one_line(run(*command, "--bins", 5))
    assert "p.json: is there already, made from something else, or with other settings" in line
    (tmp_path / "p.json").unlink()
    of_another = tmp_path / "other.png"
    others = ("dataprep", "palette", photos, "--workers", 1, "--out", tmp_path / "other.json")
    assert run(*others, "--bins", 5, "--plot", of_another).returncode == 0
    shutil.copy(of_another, tmp_path / "p.png")
    assert "p.png: is there already, made from something else" in one_line(
        run(*command, "--bins", 4)
    )
    photo = next(photos.rglob("*.png"))
    shutil.copy(photo, tmp_path / "p.png")
    for overwrite in ((), ("--overwrite",)):
        line = one_line(run(*command, "--bins", 4, *overwrite), code=3)
        assert "p.png: is there already and not a file that this command writes" in line
    assert (tmp_path / "p.png").read_bytes() == photo.read_bytes()


@pytest.mark.parametrize("summary", [None, {}, {"ceilings": 3}, {"ceilings": {"a": {"x": 1}}}])
def test_a_palette_whose_own_words_were_changed_is_one_line(
    tmp_path, run, one_line, photos, summary
) -> None:
    palette = tmp_path / "p.json"
    command = ("dataprep", "palette", photos, "--workers", 1, "--bins", 4, "--out", palette)
    assert run(*command).returncode == 0
    content = json.loads(palette.read_text())
    palette.write_text(json.dumps(content | {"summary": summary}))
    assert "--overwrite replaces it" in one_line(run(*command))


def test_what_a_kill_left_of_an_evaluation_is_finished(
    tmp_path, run, one_line, make_shards
) -> None:
    network = shipped_run("colorunet-listed")
    shards = make_shards(
        tmp_path / "s", palette=Palette.from_dict(read_meta(network, "best")["palette"])
    )
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.png"
    command = ("trainer", "evaluate", network, shards, "--split", "val", "--html", page)
    assert run(*command, "--contact-sheet", sheet).returncode == 0
    written = page.stat().st_mtime_ns, sheet.read_bytes()
    sheet.unlink()
    assert run(*command, "--contact-sheet", sheet).returncode == 0
    assert (page.stat().st_mtime_ns, sheet.read_bytes()) == written
    assert "page.html: is there already, made from something else" in one_line(
        run(*command, "--temperature", 0.2)
    )


def test_a_contact_sheet_of_the_same_set_is_kept(tmp_path, run, photos, small_palette) -> None:
    palette, shards, sheet = (tmp_path / name for name in ("p.json", "s", "sheet.png"))
    palette.write_text(small_palette.to_json())
    options = ("--size", 32, "--views", 1, "--workers", 1)
    run("dataprep", "shard", photos, "--palette", palette, "--out", shards, *options)
    first = run("dataprep", "inspect", shards, "--contact", sheet)
    written = sheet.stat().st_mtime_ns
    again = run("dataprep", "inspect", shards, "--contact", sheet)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert sheet.stat().st_mtime_ns == written


def test_a_fit_whose_worker_is_killed_says_so_in_one_line(tmp_path, make_shards) -> None:
    shards = make_shards(tmp_path / "s", train=(8, 8))
    settings = [
        "width=8",
        "depth=3",
        "epochs=60",
        "batch_size=4",
        "crop=16",
        "workers=1",
        "threads=1",
    ]
    words = ["fit", shards, "--out", tmp_path / "run", "--save-every", "0.0001"]
    words += [word for setting in settings for word in ("--set", setting)]
    with subprocess.Popen(
        [sys.executable, "-m", "trainer", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (tmp_path / "run" / "last.json").exists():
            assert process.poll() is None
            time.sleep(0.02)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in map(int, children):
            os.kill(child, signal.SIGKILL)
        _, told = process.communicate(timeout=100)
    assert process.returncode == 1, told
    (line,) = told.splitlines()
    assert "a process that reads samples was killed" in line
    assert (tmp_path / "run" / "last.json").exists()
