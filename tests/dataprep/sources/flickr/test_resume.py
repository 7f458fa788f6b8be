"""Killed at any instant, stopped by a breaker or a full disk: a rerun ends with the same set."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from flickr_server.faults import Faults

from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.journal import Journal

pytestmark = pytest.mark.slow

_ENVIRONMENT = {
    **os.environ,
    "FLICKR_API_KEY": "key-of-tests",
    "FLICKR_API_SECRET": "secret-of-tests",
}
_CONCURRENCY = 4


def _command(server, out, rate=200):
    return [
        *(sys.executable, "-m", "dataprep", "fetch-flickr", "--tags", "beach,nature"),
        *("--count", "40", "--out", str(out), "--api-url", server.api_url),
        *("--image-rate", str(rate), "--concurrency", str(_CONCURRENCY), "--json"),
    ]


def _killed(server, command, after_s):
    """Kill a fetch so long after it asked for its first image; say whether it was at work."""
    before = sum(server.image_requests.values())
    with subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL) as process:
        while sum(server.image_requests.values()) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(after_s)
        process.kill()
    return process.returncode == -signal.SIGKILL


def _files(out):
    return {path.name: path.read_bytes() for path in (out / "flickr").iterdir()}


def test_killed_fetch_goes_on_asks_little_twice_and_ends_with_the_same_set(make, serve, tmp_path):
    library = make(per_tag=30)
    calm = serve(library)
    subprocess.run(_command(calm, tmp_path / "calm"), check=True, env=_ENVIRONMENT, timeout=300)
    troubled = serve(library, Faults.every(0.1, hang_s=1, retry_after_s=0.1))
    rng = random.Random(5)
    command = _command(troubled, tmp_path / "killed", rate=6)
    kills = sum(_killed(troubled, command, rng.uniform(0, 0.6)) for _ in range(5))
    assert kills >= 3
    done = subprocess.run(
        _command(troubled, tmp_path / "killed"),
        check=True,
        env=_ENVIRONMENT,
        timeout=300,
        stdout=subprocess.PIPE,
    )
    assert json.loads(done.stdout)["kept"] == 40
    assert _files(tmp_path / "killed") == _files(tmp_path / "calm")
    rows = PhotoFolder(tmp_path / "killed").kept()
    assert {f"{row.source_id}.jpg" for row in rows} == _files(tmp_path / "killed").keys()
    served = sum(troubled.image_requests.values()) - sum(
        n for kind, n in troubled.faults.injected.items() if kind.startswith("images")
    )
    assert served <= 40 + kills * _CONCURRENCY
    pages = Counter((c["tags"], c["page"], c.get("min_upload_date")) for c in troubled.api_calls)
    faulty = sum(n for kind, n in troubled.faults.injected.items() if kind.startswith("api"))
    assert sum(pages.values()) <= len(pages) + faulty + kills * 2


def test_outage_stops_with_a_clear_message_and_a_rerun_goes_on(make, serve, run, kept):
    library = make(per_tag=30)
    run(serve(library), "calm", count=20)
    server = serve(library)
    run(server, count=6)
    run(server, count=8)
    server.library.image, image = _failing, server.library.image
    with pytest.raises(DataprepError, match=r"image host failed \d+ times in a row"):
        run(server, count=20)
    assert len(kept()) == 8
    server.library.image = image
    before = sum(server.image_requests.values())
    run(server, count=20)
    assert kept() == kept("calm")
    assert sum(server.image_requests.values()) - before == 12


def _failing(*_):
    raise ConnectionError  # the server's thread dies: the connection closes without an answer


def test_outage_is_not_hammered(make, serve, run):
    server = serve(make(per_tag=30), Faults(images={"500": 1.0}, in_a_row=10**9))
    with pytest.raises(DataprepError, match="HTTP 500"):
        run(server, count=20)
    assert sum(server.image_requests.values()) <= 12 + 8 + 8  # suspect, probes, under way
    assert max(server.image_requests.values()) <= 5


def test_api_that_fails_and_fails_stops_the_fetch(make, serve, run):
    server = serve(make(), Faults(api={"502": 1.0}, in_a_row=10**9))
    with pytest.raises(DataprepError, match=r"HTTP 502.*rerun later"):
        run(server, tags=("beach",))
    assert len(server.api_calls) <= 15  # five tries, then half the window, then half of that


def test_nobody_at_the_address_stops_after_five_tries(make, serve, run):
    server = serve(make())
    server.__exit__()
    with pytest.raises(DataprepError, match="connection refused after 5 tries"):
        run(server, tags=("beach",))
    server.__enter__()


def test_full_disk_stops_cleanly_and_a_rerun_goes_on(make, serve, tmp_path):
    server = serve(make(per_tag=30))
    out = tmp_path / "photos"

    def limit():  # files can't grow beyond this: what a full disk looks like to a process
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    command = _command(server, out)
    stopped = subprocess.run(
        command,
        check=False,
        env=_ENVIRONMENT,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert stopped.returncode == 1
    assert "run the same command again" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not list(out.glob("flickr/*.tmp"))
    done = subprocess.run(command, env=_ENVIRONMENT, check=True, capture_output=True, timeout=300)
    assert json.loads(done.stdout)["kept"] == 40
    rows = PhotoFolder(out).kept()
    assert {row.bytes for row in rows} == {len(data) for data in _files(out).values()}


def test_deleted_file_is_fetched_again(make, serve, run, kept, tmp_path):
    server = serve(make())
    run(server)
    victim = sorted(kept())[3]
    (tmp_path / "photos" / "flickr" / f"{victim}.jpg").unlink()
    assert run(server).downloaded == 1
    assert (tmp_path / "photos" / "flickr" / f"{victim}.jpg").exists()


def test_second_fetch_into_the_same_folder_is_refused(make, serve, run, tmp_path):
    (tmp_path / "photos").mkdir()
    journal = Journal(tmp_path / "photos")
    with pytest.raises(DataprepError, match="another fetch is at work"):
        run(serve(make()))
    journal.close()


def _closed_for(server, bad):
    """Have the server close the connection for some photos, as long as it runs."""
    image = server.library.image

    def answer(entry, size):
        if entry.id in bad:
            raise ConnectionError
        return image(entry, size)

    server.library.image = answer


def _some(library):
    """Photos that a fetch looks at early on: four of each tag."""
    return {i for tag in ("beach", "nature") for i in sorted(
        (e.id for e in library.entries.values() if tag in e.tags), key=int)[:4]}  # fmt: skip


def test_photos_that_always_fail_stop_no_rerun_whenever_it_was_killed(make, serve, tmp_path, rows):
    library = make(per_tag=25)
    bad = _some(library)
    server = serve(library)
    _closed_for(server, bad)
    calm = tmp_path / "calm"
    subprocess.run(_command(server, calm), check=True, env=_ENVIRONMENT, timeout=300)
    for kills in ([1.0], [1.6, 0.5], [0.9, 0.4, 0.4, 0.4]):
        out = tmp_path / f"killed-{len(kills)}"
        for after_s in kills:
            _killed(server, _command(server, out, rate=40), after_s)
        done = subprocess.run(
            _command(server, out), check=False, env=_ENVIRONMENT, timeout=300, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        assert _files(out) == _files(calm)
        told = {i: row.reason for i, row in rows(out.name).items() if i in bad}
        assert {reason.split(":")[0] for reason in told.values()} == {"unavailable"}
        assert all("connection" in reason for reason in told.values())


def test_where_only_failing_photos_are_left_a_rerun_ends(make, serve, run, kept, rows):
    library = make(per_tag=12)
    server = serve(library)
    bad = sorted(library.entries, key=int)[-6:]
    _closed_for(server, set(bad))
    run(server, "calm", count=24)
    with pytest.raises(_Killed):
        run(server, count=24, report=_killed_after(18))
    summary = run(server, count=24)
    assert kept() == kept("calm")
    assert summary.kept == 18
    assert {rows()[i].reason.split(":")[0] for i in bad} == {"unavailable"}
    before = sum(server.image_requests.values())
    run(server, count=24)
    assert sum(server.image_requests.values()) == before


def test_an_outage_rejects_no_photo_however_few_are_left(make, serve, run, kept, rows):
    server = serve(make(per_tag=12))
    run(server, "calm", count=20)
    run(server, count=18)
    server.library.image, image = _failing, server.library.image
    for _ in range(3):
        with pytest.raises(DataprepError, match=r"image host failed \d+ times in a row"):
            run(server, count=20)
    server.library.image = image
    run(server, count=20)
    assert kept() == kept("calm")
    assert not [row for row in rows().values() if row.reason.startswith("unavailable")]


class _Killed(BaseException):
    """Ends a run as a kill would: nothing is written any more."""


def _killed_after(photos):
    left = [photos]

    def report(advance=1, *, note=None):
        left[0] -= advance
        if left[0] <= 0:
            raise _Killed

    return report
