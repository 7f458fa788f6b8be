"""HTTP client with pooled connections, limits on time and size, and an allow-list."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urljoin

import requests

from dataprep.sources.connections import NETWORK_ERRORS, REDIRECTS, CheckedAdapter, no_credentials
from dataprep.sources.flickr.hosts import HostRules

_CHUNK = 65_536
_MOST_REDIRECTS = 3
UNREACHED = ("connection refused", "host not found")  # no server was reached


class NetworkFailure(Exception):
    """A failure of the network, worth another try."""


class TooLarge(Exception):
    """A body beyond its limit."""


@dataclass(frozen=True)
class Timeouts:
    """Limits in seconds on connecting, on a silence, and on the whole body."""

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0


@dataclass(frozen=True)
class Reply:
    """A complete response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Transport:
    """A pool of connections shared by threads.

    Args:
        rules: which addresses may be asked; the peer's address is checked as well.
        connections: most requests at once; further threads wait.
        max_bytes: most bytes of a body.
    """

    def __init__(
        self,
        rules: HostRules,
        *,
        connections: int,
        max_bytes: int,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.rules = rules
        self.max_bytes = max_bytes
        self.timeouts = timeouts or Timeouts()
        self._slots = threading.BoundedSemaphore(connections)
        self.session = requests.Session()
        # Not compressed: a small body that unpacks to a huge one can't happen.
        self.session.headers.update(
            {
                "User-Agent": f"colorunet-dataprep/{version('colorunet')}",
                "Accept-Encoding": "identity",
            }
        )
        self.session.auth = no_credentials
        adapter = CheckedAdapter(rules.is_api, connections)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)

    def get(self, url: str) -> Reply:
        """Download an image; every redirect is checked like the first address.

        Raises:
            RefusedAddress, TooLarge: final.
            NetworkFailure: worth another try.
        """
        for _ in range(1 + _MOST_REDIRECTS):
            reply = self.send("GET", url)
            location = reply.headers.get("location")
            if reply.status not in REDIRECTS or not location:
                return reply
            url = urljoin(url, location)
        raise NetworkFailure("redirected in a circle")

    def send(self, method: str, url: str, **arguments: Any) -> Reply:
        """Send one request, following no redirect.

        Raises:
            RefusedAddress, TooLarge: final.
            NetworkFailure: worth another try.
        """
        self.rules.check(url)
        with self._slots:
            return self._send(method, url, **arguments)

    def _send(self, method: str, url: str, **arguments: Any) -> Reply:
        deadline = time.monotonic() + self.timeouts.total_s
        try:
            response = self.session.request(
                method,
                url,
                stream=True,
                allow_redirects=False,
                timeout=(self.timeouts.connect_s, self.timeouts.read_s),
                **arguments,
            )
            try:
                body = self._body(response, deadline)
            except BaseException:
                response.raw.close()  # what is left of the body must not be read as a next answer
                raise
            finally:
                response.close()
        except NETWORK_ERRORS as error:
            raise NetworkFailure(_in_words(error)) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body, url)

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self.max_bytes:
            raise TooLarge(f"{length} bytes")
        chunks, size = [], 0
        # read1 returns what one read of the socket brings, so a trickle can't outlast the deadline.
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > self.max_bytes:
                raise TooLarge(f"more than {self.max_bytes} bytes")
            if time.monotonic() > deadline:
                raise NetworkFailure(f"slower than {self.timeouts.total_s:g} s")
            chunks.append(chunk)
        if length.isdigit() and size < int(length):
            raise NetworkFailure(f"broke off after {size} of {length} bytes")
        return b"".join(chunks)

    def close(self) -> None:
        """Close the connections."""
        self.session.close()


def _in_words(error: Exception) -> str:
    text = f"{type(error).__name__} {error}".lower()
    for sign, words in (
        ("refused", UNREACHED[0]),
        ("timeout", "no answer in time"),
        ("timed out", "no answer in time"),
        ("reset", "connection reset"),
        ("resol", UNREACHED[1]),
        ("incomplete", "broke off"),
        ("certificate", "its certificate isn't trusted"),
        ("disconnected", "connection closed"),
    ):
        if sign in text:
            return words
    return type(error).__name__
