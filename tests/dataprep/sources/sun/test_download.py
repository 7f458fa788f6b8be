"""An archive over real HTTP, on loopback, from a server that misbehaves."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.sources.sun.download import DownloadSettings, HttpStream, shown


class Server(http.server.ThreadingHTTPServer):
    """Serves ``data``; what it does wrong is in its fields."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = b""
        self.break_after: int | None = None  # bytes of one answer
        self.ranges = True
        self.etag = '"one"'
        self.statuses: list[tuple[int, dict[str, str]]] = []
        self.redirect = ""
        self.chunked = False
        self.requests: list[str | None] = []
        self.seen: list[dict[str, str]] = []  # headers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/SUN397.tar.gz"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range")
        server.requests.append(wanted)
        server.seen.append(dict(self.headers))
        if server.statuses:
            status, headers = server.statuses.pop(0)
            return self.answer(status, headers, b"")
        if server.redirect and self.path != "/real":
            return self.answer(302, {"Location": server.redirect}, b"")
        start = 0
        if wanted and server.ranges and self.headers.get("If-Range") in (None, server.etag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        body = server.data[start:]
        headers = {"ETag": server.etag}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(server.data) - 1}/{len(server.data)}"
        return self.answer(206 if start else 200, headers, body)

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.server.break_after
        if cut is not None and len(body) > cut:
            self.wfile.write(body[:cut])
            self.close_connection = True
        else:
            self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def read_all(url: str, waits: list[float] | None = None) -> bytes:
    waits = waits if waits is not None else []
    settings = DownloadSettings(timeout_s=5)
    with HttpStream(url, settings=settings, sleep=waits.append) as stream:
        return b"".join(iter(lambda: stream.read(10_000), b""))


def fetch(*args: object) -> Result:
    return CliRunner().invoke(app, ["fetch-sun", *map(str, args)])


def test_an_address_gives_what_the_folder_gives(
    server: Server, sun_tree: Path, sun_targz: Path, tmp_path: Path
) -> None:
    server.data = sun_targz.read_bytes()
    options = ("--classes", "all", "--per-class", 4, "--json")
    results = [
        fetch(source, *options, "--out", tmp_path / str(number))
        for number, source in enumerate((sun_tree, server.url))
    ]
    assert [result.exit_code for result in results] == [0, 0]
    assert json.loads(results[0].stdout) == json.loads(results[1].stdout)
    columns = ["key", "sha256", "path", "reason"]
    tables = [pq.read_table(tmp_path / n / "manifest.parquet", columns=columns) for n in "01"]
    assert tables[0] == tables[1]
    assert len(server.requests) == 1


def test_a_broken_connection_is_taken_up_where_it_broke(server: Server) -> None:
    server.data = bytes(range(256)) * 400
    server.break_after = 30_000
    waits: list[float] = []
    assert read_all(server.url, waits) == server.data
    assert server.requests == [None, *(f"bytes={30_000 * n}-" for n in (1, 2, 3))]
    assert len(waits) == 3


def test_a_file_that_changed_meanwhile_is_not_stitched_together(server: Server) -> None:
    server.data = b"a" * 50_000
    server.break_after = 20_000
    with HttpStream(server.url, sleep=lambda s: None) as stream:
        assert stream.read(10_000) == b"a" * 10_000
        server.etag, server.data = '"two"', b"b" * 50_000
        with pytest.raises(OSError, match="can't go on"):
            list(iter(lambda: stream.read(10_000), b""))


def test_without_ranges_a_broken_stream_says_how_far_it_came(
    server: Server, sun_targz: Path, tmp_path: Path
) -> None:
    server.data = sun_targz.read_bytes()
    server.break_after = len(server.data) // 2
    server.ranges = False
    result = fetch(server.url, "--classes", "all", "--per-class", 4, "--out", tmp_path, "--json")
    assert isinstance(result.exception, DataprepError)
    assert f"read {len(server.data) // 2:,} of {len(server.data):,} bytes" in str(result.exception)
    kept = json.loads(result.stdout)["kept"]
    assert 0 < kept == len(list((tmp_path / "sun").iterdir()))


def test_a_busy_server_is_waited_for_as_long_as_it_asks(server: Server) -> None:
    server.data = b"x" * 100
    server.statuses = [(503, {"Retry-After": "7"}), (429, {}), (500, {})]
    waits: list[float] = []
    assert read_all(server.url, waits) == server.data
    assert waits[0] >= 3.5
    assert len(waits) == 3


def test_a_server_that_stays_broken_is_given_up(server: Server) -> None:
    server.statuses = [(500, {})] * 20
    with pytest.raises(DataprepError, match="HTTP 500, 5 times"):
        read_all(server.url)
    assert len(server.requests) == 5


def test_a_server_that_sends_nothing_again_and_again_is_given_up(server: Server) -> None:
    server.data = b"x" * 100
    server.break_after = 0
    with pytest.raises(OSError, match="5 times in a row"):
        read_all(server.url)


def test_a_missing_archive_fails_at_once(server: Server, tmp_path: Path) -> None:
    server.statuses = [(404, {})]
    result = fetch(server.url, "--out", tmp_path / "out")
    assert "HTTP 404" in str(result.exception)
    assert len(server.requests) == 1
    assert not (tmp_path / "out").exists()


def test_a_redirect_is_followed_to_the_host_that_was_typed_only(server: Server) -> None:
    server.data = b"x" * 100
    server.redirect = "/real"
    assert read_all(server.url) == server.data
    for elsewhere in ("localhost", "127.0.0.2", "169.254.169.254", "[::1]", "10.0.0.1"):
        server.redirect = f"http://{elsewhere}:{server.server_address[1]}/real"
        count = len(server.requests)
        with pytest.raises(DataprepError, match="private address"):
            read_all(server.url)
        assert len(server.requests) == count + 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_something_else_is_refused(server: Server, target: str) -> None:
    server.redirect = target
    with pytest.raises(DataprepError, match="http or https"):
        read_all(server.url)


def test_endless_redirects_are_given_up(server: Server) -> None:
    server.redirect = "/again"
    with pytest.raises(DataprepError, match="redirects"):
        read_all(server.url)


def test_an_address_is_shown_without_what_is_secret_in_it() -> None:
    assert shown("https://me:secret@host/a.tar?token=x") == "https://host/a.tar"


def test_the_address_that_was_checked_is_the_one_connected_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server may answer twice: with a public address first, a private one then."""
    real, asked = socket.getaddrinfo, list[str]()

    def rebinding(host: str, port: int, *rest: object, **named: object) -> object:
        if host != "rebinding.example":
            return real(host, port, *rest, **named)  # type: ignore[arg-type]
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    server.redirect = f"http://rebinding.example:{server.server_address[1]}/real"
    with pytest.raises(DataprepError, match=r"127\.0\.0\.1 isn't a public address"):
        HttpStream(server.url, settings=DownloadSettings(tries=1, timeout_s=5))
    assert len(asked) == 2


def test_a_redirect_to_another_port_of_the_same_private_host_is_refused(server: Server) -> None:
    with Server() as other:
        server.redirect = f"http://127.0.0.1:{other.server_address[1]}/real"
        with pytest.raises(DataprepError, match="private address"):
            HttpStream(server.url, settings=DownloadSettings(tries=1, timeout_s=5))
        assert not other.seen


def test_no_credentials_of_netrc_are_sent_and_those_typed_to_their_host_alone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    HttpStream(server.url, settings=DownloadSettings(tries=1, timeout_s=5)).close()
    assert "Authorization" not in server.seen[-1]
    HttpStream(
        server.url.replace("http://", "http://a:b@"),
        settings=DownloadSettings(tries=1, timeout_s=5),
    ).close()
    assert server.seen[-1]["Authorization"].startswith("Basic ")
