"""`colorunet serve` as it is typed: where it is, what it says, how it ends."""

import json
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest
import requests

COMMAND = [sys.executable, "-m", "colorunet", "serve", "--no-browser", "--network"]


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "colorunet-listed", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_answers_and_ends_with_one_line(ending: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "colorunet-listed", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    served: dict[str, Any] = json.loads(process.stdout.readline())
    assert (served["host"], served["token"]) == ("127.0.0.1", "")
    assert served["url"] == f"http://127.0.0.1:{served['port']}/"
    assert requests.get(f"{served['url']}health", timeout=60).json()["status"] == "ok"
    process.send_signal(ending)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert errors.splitlines() == ["the page is at the address above; Ctrl-C ends it", "ended"]


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _run("--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"port {port}: address already in use" in line
    assert "--port 0" in line


def test_a_host_that_is_not_here_is_one_line() -> None:
    for host in ("192.0.2.1", "no such host"):
        done = _run("--host", host, "--port", "0")
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert host in line


def test_a_run_and_a_network_are_one_too_many() -> None:
    done = _run("somewhere")
    assert done.returncode == 2
    assert "give it or --network, not both" in done.stderr
