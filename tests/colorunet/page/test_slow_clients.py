"""Clients that are slow, silent, huge or broken: each ends by itself, and nobody else notices."""

import io
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

TIMEOUT_S = 60
_BODY = (
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n%s\r\n--x--\r\n'
)


@pytest.fixture(scope="module")
def impatient(serve: Callable[..., Any]) -> Any:
    return serve(limits={"header_s": 2, "upload_s": 2})


@pytest.fixture(scope="module")
def bounded(serve: Callable[..., Any]) -> Any:
    return serve(limits={"stalled_s": 4, "upload_bytes": 16 << 20})


def _connected(served: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=TIMEOUT_S)


def _request(length: int | None) -> bytes:
    size = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
    return (
        b"POST /api/colorize HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n" + size + b"\r\n\r\n"
    )


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: local"])
def test_a_connection_without_a_whole_request_is_closed(impatient: Any, sent: bytes) -> None:
    with _connected(impatient) as client:
        client.sendall(sent)
        with suppress(ConnectionResetError):
            assert client.recv(100) == b""


def test_more_connections_than_files_are_closed_at_once(serve: Callable[..., Any]) -> None:
    """Where files ran out, the server never answered again, and filled its terminal."""
    served = serve(limits={"connections": 8})
    files = Path(f"/proc/{served.process.pid}/fd")
    requests.get(f"{served.url}/health", timeout=TIMEOUT_S)
    most = len(list(files.iterdir())) + 100
    resource.prlimit(served.process.pid, resource.RLIMIT_NOFILE, (most, most))
    clients = [_connected(served) for _ in range(250)]
    deadline = time.monotonic() + TIMEOUT_S
    while _connections(served.port) > 8 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert 1 <= _connections(served.port) <= 8
    for client in clients:
        client.close()
    while _connections(served.port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert requests.get(f"{served.url}/health", timeout=TIMEOUT_S).status_code == 200


def test_a_connection_in_use_stays_however_short_its_requests(impatient: Any) -> None:
    """Between two requests it always looks idle."""
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with _connected(impatient) as client:
        for _ in range(12):
            client.sendall(request)
            answer = b""
            while not answer.endswith(b"}"):
                part = client.recv(4096)
                assert part
                answer += part
            time.sleep(0.5)


def test_a_body_that_trickles_in_is_408(impatient: Any) -> None:
    with _connected(impatient) as client:
        client.sendall(_request(1000))
        for letter in (b"-", b"-", b"x"):
            client.sendall(letter)
            time.sleep(0.2)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_body_beyond_the_limit_is_413_promised_or_not(bounded: Any) -> None:
    with _connected(bounded) as client:
        client.sendall(_request(1 << 40))
        assert client.recv(4096).startswith(b"HTTP/1.1 413")
    with _connected(bounded) as client:
        client.sendall(_request(None))
        chunk = b"%x\r\n%s\r\n" % (1 << 20, b"a" * (1 << 20))
        for _ in range(32):
            client.sendall(chunk)
        answer = client.recv(4096)
    assert answer.split()[1] in (b"413", b"400")
    assert requests.get(f"{bounded.url}/health", timeout=TIMEOUT_S).status_code == 200


def test_a_body_that_breaks_off_costs_nobody_else_anything(bounded: Any, coffee: Path) -> None:
    whole = _BODY % coffee.read_bytes()
    for cut in (1, 100, len(whole) // 2, len(whole) - 1):
        with _connected(bounded) as client:
            client.sendall(_request(len(whole)) + whole[:cut])
    answer = requests.post(
        f"{bounded.url}/api/colorize", files={"image": coffee.read_bytes()}, timeout=TIMEOUT_S
    )
    assert answer.status_code == 200
    text = requests.get(f"{bounded.url}/metrics", timeout=TIMEOUT_S).text
    assert "colorunet_upload_bytes 0" in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"--x\r\n\r\n",
        b"--x\r\n" + b"a: b\r\n" * 5000,
        b"--x\r\n" + b"a" * 100_000,
    ],
)
def test_a_broken_form_is_400(bounded: Any, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{bounded.url}/api/colorize"
    answer = requests.post(url, data=body, headers=kind, timeout=TIMEOUT_S)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]


def test_who_takes_nothing_of_his_answer_is_let_go(bounded: Any) -> None:
    file = io.BytesIO()
    Image.effect_noise((2600, 2000), 60).save(file, "BMP")
    body = _BODY % file.getvalue()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(TIMEOUT_S)
        client.connect(("127.0.0.1", bounded.port))
        client.sendall(_request(len(body)) + body)
        assert client.recv(12) == b"HTTP/1.1 200"
        assert _connections(bounded.port) == 1
        deadline = time.monotonic() + 40
        while _connections(bounded.port) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert _connections(bounded.port) == 0


def _connections(port: int) -> int:
    """Count the server's established connections, as the system sees them."""
    return sum(1 for state in _states(port) if state == "01")


def _states(port: int) -> Iterator[str]:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[1].endswith(f":{port:04X}"):
            yield parts[3]


def test_a_refused_upload_gets_its_answer_and_no_reset(bounded: Any) -> None:
    """Closed with unread bytes in it, a socket is reset, and the client never sees why."""
    with _connected(bounded) as client:
        client.sendall(_request(24 << 20))
        client.sendall(bytes(24 << 20))
        answer = b""
        while part := client.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"at most 16 MB" in answer


def test_a_burst_of_clients_beside_slow_ones_is_answered_without_a_reset(bounded: Any) -> None:
    """The queue of connections was 16 long: Linux reset a seventh of a burst of 200."""
    slow = [_connected(bounded) for _ in range(100)]
    for client in slow:
        client.sendall(_request(12 << 20) + _BODY[:40])
    bounded.process.send_signal(signal.SIGSTOP)  # as a server that is busy for a moment
    clients = [socket.socket() for _ in range(200)]
    for client in clients:
        client.setblocking(False)
        with suppress(BlockingIOError):
            client.connect(("127.0.0.1", bounded.port))
    bounded.process.send_signal(signal.SIGCONT)
    for client in clients:
        client.settimeout(TIMEOUT_S)
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answers = [client.recv(12) for client in clients]
    for client in (*slow, *clients):
        client.close()
    assert set(answers) == {b"HTTP/1.1 200"}
