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


def _files(out):
    return {path.name: path.read_bytes() for path in (out / "flickr").iterdir()}


def test_killed_fetch_goes_on_asks_little_twice_and_ends_with_the_same_set(make, serve, tmp_path):
    library = make(per_tag=30)
    calm = serve(library)
    subprocess.run(_command(calm, tmp_path / "calm"), check=True, env=_ENVIRONMENT, timeout=60)
    troubled = serve(library, Faults.every(0.1, hang_s=1, retry_after_s=0.1))
    rng = random.Random(5)
    kills = 0
    for _ in range(5):
        process = subprocess.Popen(
            _command(troubled, tmp_path / "killed", rate=6),
            env=_ENVIRONMENT,
            stdout=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(0.6, 1.6))
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert kills >= 3
    done = subprocess.run(
        _command(troubled, tmp_path / "killed"),
        check=True,
        env=_ENVIRONMENT,
        timeout=120,
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
        timeout=60,
    )
    assert stopped.returncode == 1
    assert "run the same command again" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not list(out.glob("flickr/*.tmp"))
    done = subprocess.run(command, env=_ENVIRONMENT, check=True, capture_output=True, timeout=60)
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
