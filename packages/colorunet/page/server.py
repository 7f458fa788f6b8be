"""Server of the page: socket, address and shutdown."""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote

import uvicorn

from colorunet.coloring.colorizer import Colorizer
from colorunet.errors import ColorunetError
from colorunet.evidence.network_mark import mark_of_network
from colorunet.page.app import PageApp
from colorunet.page.coloring import PhotoColoring
from colorunet.page.connections import QueueingServer, patient_protocol, within_open_files
from colorunet.page.guard import Guard, is_loopback
from colorunet.page.limits import Limits
from colorunet.page.networks import Networks
from colorunet.page.watch import Watch
from colorunet.parameters.meta import read_meta
from colorunet.parameters.shipped import SHIPPED_NETWORKS, shipped_run

_OPENS_AFTER_S = 0.5  # the browser, when the socket listens
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - as shown, not as a default
_GRACE_S = 3  # for answers under way when the server ends


@dataclass(frozen=True)
class ServerSettings:
    """Address, access and limits of a page.

    Args:
        run: the folder of the network.
        network: what it is called.
        host: name or address to listen at.
        port: 0 takes any that is free.
        token: that clients must bring; None makes one where others can reach the server.
        limits: on everything.
    """

    run: Path
    network: str
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Served:
    """Address of a running page.

    Args:
        url: to open; with the token, where there is one.
        host: that it listens at.
        port: likewise.
        token: "" for none.
    """

    url: str
    host: str
    port: int
    token: str


class PageServer:
    """A page's server: it listens when it is made, and answers in ``run``.

    Raises:
        ColorunetError: the address can't be used, or there is no such network.
    """

    def __init__(self, settings: ServerSettings) -> None:
        limits = settings.limits
        self._socket = _listening(settings.host, settings.port)
        loopback = is_loopback(self._socket.getsockname()[0])
        token = settings.token or ("" if loopback else secrets.token_urlsafe(16))
        port = self._socket.getsockname()[1]
        self.served = Served(_url(settings.host, port, token), settings.host, port, token)
        runs = {settings.network: settings.run} | _shipped()
        networks = Networks(runs, partial(_coloring, limits))
        self._page = PageApp(networks, limits=limits)
        self._token, self._loopback, self._limits = token, loopback, limits

    def run(self, tell: Callable[[str], None], *, opens_browser: bool = False) -> None:
        """Answer requests until Ctrl-C or SIGTERM.

        Args:
            tell: called with unexpected errors.
            opens_browser: show the page, unless its address has a token, which every user of this
                machine could read in the list of processes.
        """
        app = Guard(self._page.asgi(), token=self._token, loopback=self._loopback)
        limits, connections = self._limits, within_open_files(self._limits.connections)
        config = uvicorn.Config(
            Watch(app, metrics=self._page.metrics, tell=tell),
            http=patient_protocol(
                connections=connections, header_s=limits.header_s, stalled_s=limits.stalled_s
            ),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=connections,
            timeout_graceful_shutdown=_GRACE_S,
        )
        server = QueueingServer(config, waiting=2 * limits.connections)
        if opens_browser and not self._token and _has_display():
            threading.Timer(_OPENS_AFTER_S, webbrowser.open, (self.served.url,)).start()
        # Errors in a form are reported to its sender, not on the terminal.
        logging.getLogger("python_multipart").addHandler(logging.NullHandler())
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):  # uvicorn ends in order, then passes the signal on
            server.run(sockets=[self._socket])

    def close(self) -> None:
        """Stop listening, if ``run`` wasn't called."""
        self._socket.close()


def _coloring(limits: Limits, name: str, run: Path) -> PhotoColoring:
    meta = read_meta(run, "best")
    return PhotoColoring(Colorizer.load(run), meta, limits, mark_of_network(run, name))


def _shipped() -> dict[str, Path]:
    """Return the installed networks by name."""
    found = {}
    for name in SHIPPED_NETWORKS:
        with suppress(ColorunetError):
            found[name] = shipped_run(name)
    return found


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except socket.gaierror:
        raise ColorunetError(f"--host {host}: no such name or address here") from None
    except OSError as error:
        words = error.strerror or str(error)
        raise ColorunetError(
            f"{host}, port {port}: {words.lower()}; --port 0 takes any that is free"
        ) from None


def _url(host: str, port: int, token: str) -> str:
    """Return an address to open; for a server at all addresses one of this machine."""
    name = _own_address() if host in _ANYWHERE else host
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + (f"?token={quote(token, safe='')}" if token else "")


def _own_address() -> str:
    """Return this machine's address in its network, found without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _has_display() -> bool:
    """Whether a graphical browser can be opened."""
    is_bare = sys.platform.startswith("linux") or "bsd" in sys.platform
    return not is_bare or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
