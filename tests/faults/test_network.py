"""The way to an object store is cut in the middle: one line, then the same command goes on."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from soak_parts.commands import ENVIRONMENT, Workshop
from soak_parts.warm_start import WarmStart

_UNCUT = 1 << 40
_LEFT_BYTES = 8_000


class Relay(threading.Thread):
    """Passes bytes on between clients and a server, until so many have come from the server.

    Args:
        target: host and port of the server.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(daemon=True)
        self.left_bytes = _UNCUT
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        """Accept clients until ``close``; while the line is cut they are hung up on."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.left_bytes <= 0:
                client.close()
                continue
            server = socket.create_connection(self._target)
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(*pair, server), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, server: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                if source is server:
                    self.left_bytes -= len(data)
                if self.left_bytes <= 0:
                    break
                target.sendall(data)
        except OSError:
            pass  # the other direction ended first
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Accept nobody any more."""
        self._listener.close()


@pytest.fixture(scope="module")
def relay(s3: str) -> Iterator[Relay]:
    address = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    assert address.hostname is not None
    assert address.port is not None
    made = Relay((address.hostname, address.port))
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def remote_shards(s3: str, workshop: tuple[Workshop, WarmStart]) -> str:
    address = f"{s3}/shards"
    running = workshop[1].start(_shard(workshop[0], address), as_here=True)
    assert running.wait() == 0, running.err.read_text()
    return address


def _shard(shop: Workshop, out: str) -> list[str]:
    return [word.replace("OUT", out) for word in shop.command("shard").words]


@pytest.fixture
def through_relay(relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of a command whose way to the object store is the relay."""
    variables = {"AWS_ENDPOINT_URL": relay.address, "AWS_MAX_ATTEMPTS": "2"}
    for key, value in (ENVIRONMENT | variables | {"COLORUNET_CACHE": str(tmp_path)}).items():
        monkeypatch.setenv(key, value)


def _end(starter: WarmStart, words: list[str]) -> tuple[int, str]:
    running = starter.start(words, as_here=True)
    return running.wait(), running.err.read_text()


@pytest.mark.usefixtures("through_relay")
@pytest.mark.parametrize("name", ["shard", "palette", "inspect", "verify", "fit", "evaluate"])
def test_a_line_that_is_cut_is_one_line_and_the_same_command_goes_on(
    name: str,
    relay: Relay,
    remote_shards: str,
    workshop: tuple[Workshop, WarmStart],
    tmp_path: Path,
) -> None:
    shop, starter = workshop
    fit = [word for word in shop.command("fit").words if word != str(shop.shards)]
    words = {
        "shard": _shard(shop, f"{remote_shards}-cut"),
        "palette": ["dataprep", "palette", remote_shards, "--workers", "1", "--bins", "4"],
        "inspect": ["dataprep", "inspect", remote_shards],
        "verify": ["dataprep", "verify", remote_shards, "--workers", "1"],
        "fit": [*fit[:2], remote_shards, *fit[2:]],
        "evaluate": ["trainer", "evaluate", str(shop.run), remote_shards, "--split", "val"],
    }[name]
    words += ["--out", str(tmp_path / "p.json")] if name == "palette" else []
    words = [word.replace("OUT", str(tmp_path / "run")) for word in words]
    relay.left_bytes = _LEFT_BYTES
    code, told = _end(starter, words)
    was_cut = relay.left_bytes <= 0
    relay.left_bytes = _UNCUT
    assert "Traceback" not in told
    assert "unexpected" not in told
    if was_cut:
        assert code == 1, told
        assert len(told.strip().splitlines()) == 1, told
    code, told = _end(starter, words)
    assert code == 0, told
