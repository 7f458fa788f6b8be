"""HTTP stream of a large file that resumes after broken connections."""

import io
import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3

from dataprep.errors import DataprepError
from dataprep.sources.connections import (
    NETWORK_ERRORS,
    REDIRECTS,
    CheckedAdapter,
    RefusedAddress,
    check_peer,
    no_credentials,
)

_MAX_REDIRECTS = 5
_LONGEST_WAIT_S = 120.0


@dataclass(frozen=True)
class DownloadSettings:
    """How patiently to read.

    Args:
        tries: connections in a row that may bring nothing before it is given up.
        timeout_s: silence after which a connection counts as broken.
        wait_s: the first wait between tries; it doubles, and is randomised.
    """

    tries: int = 5
    timeout_s: float = 30.0
    wait_s: float = 1.0


class HttpStream(io.RawIOBase):
    """The bytes at an http(s) address, in order, each once.

    A broken connection is taken up where it broke, if the server knows ranges and the file is still
    the same one. Redirects are followed; a private address is refused, by the address that was
    really connected to, unless the caller typed that very host and port. A name and password in
    the address go to that host and port alone; ~/.netrc is never read. With a proxy in the
    environment only names are checked, as far as this machine can resolve them.

    Raises:
        DataprepError: the address can't be read at all.
        OSError: from ``read``, when the stream broke and can't be taken up.
    """

    def __init__(
        self,
        url: str,
        *,
        settings: DownloadSettings | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._settings = settings or DownloadSettings()
        self._sleep = sleep
        self._position = 0
        self._fruitless = 0  # connections since the last byte
        self._validator = ""
        self._typed = _origin(url)
        self._session = requests.Session()
        self._session.auth = no_credentials
        adapter = CheckedAdapter(lambda host, port: (host, port) == self._typed, 1)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        self._response: requests.Response | None = None
        self.total: int | None = None
        try:
            self._reconnect("")
        except (OSError, DataprepError) as error:
            self.close()
            raise DataprepError(f"{shown(url)}: {error}") from None

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, nothing at the end."""
        size = 1 << 20 if size < 0 else size
        while True:
            problem = "the connection closed early"
            if self._response is not None:
                try:
                    data = bytes(self._response.raw.read(size, decode_content=False))
                except NETWORK_ERRORS as error:
                    data, problem = b"", _words(error)
                else:
                    if data:
                        self._fruitless = 0
                        self._position += len(data)
                        return data
                    if self.total is None or self._position >= self.total:
                        return b""
            self._reconnect(problem)

    def close(self) -> None:
        """Close the connection."""
        self._drop()
        self._session.close()
        super().close()

    def _drop(self) -> None:
        if self._response is not None:
            with suppress(*NETWORK_ERRORS):
                self._response.close()
            self._response = None

    def _reconnect(self, problem: str) -> None:
        wait_s = self._settings.wait_s
        while self._fruitless < self._settings.tries:
            self._drop()
            self._fruitless += 1
            if problem:
                self._sleep(wait_s * random.uniform(0.5, 1.5))
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            try:
                response = self._get()
            except RefusedAddress as error:
                raise DataprepError(f"{error}, though its name seemed so; refused") from None
            except NETWORK_ERRORS as error:
                problem = _words(error)
                continue
            problem, asked_wait_s = self._judge(response)
            if not problem:
                self._response = response
                return
            response.close()
            if asked_wait_s is None:
                raise OSError(problem)
            wait_s = max(wait_s, asked_wait_s)
        raise OSError(f"{problem}, {self._settings.tries} times in a row")

    def _get(self) -> requests.Response:
        url = self._url
        headers = {"Accept-Encoding": "identity"}
        if self._position:
            headers["Range"] = f"bytes={self._position}-"
            if self._validator:
                headers["If-Range"] = self._validator
        for _ in range(_MAX_REDIRECTS + 1):
            _check_host(url, typed=self._typed)
            response = self._session.get(
                url,
                headers=headers,
                auth=_credentials(url) if _origin(url) == self._typed else no_credentials,
                stream=True,
                timeout=self._settings.timeout_s,
                allow_redirects=False,
            )
            if response.status_code not in REDIRECTS:
                return response
            url = urljoin(url, response.headers.get("Location", ""))
            if urlsplit(url).username is not None:
                raise DataprepError("redirects to an address with a user name; refused")
            response.close()
        raise requests.TooManyRedirects(f"more than {_MAX_REDIRECTS} redirects")

    def _judge(self, response: requests.Response) -> tuple[str, float | None]:
        """Return what is wrong with an answer ("" for nothing) and how long to wait, if at all."""
        status = response.status_code
        if status == 429 or status >= 500:
            return f"HTTP {status}", _retry_after_s(response)
        if status not in (200, 206):
            return f"HTTP {status} {response.reason}; check the address", None
        if self._position == 0:
            length = response.headers.get("Content-Length", "")
            self.total = int(length) if length.isdecimal() else None
            etag = response.headers.get("ETag", "")
            strong = etag if not etag.startswith("W/") else ""
            self._validator = strong or response.headers.get("Last-Modified", "")
            return "", None
        starts = response.headers.get("Content-Range", "").startswith(f"bytes {self._position}-")
        if status == 206 and starts:
            return "", None
        return "the connection broke, and the server can't go on where it did", None


def shown(url: str) -> str:
    """Return an address without user name, password and query, as it may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _origin(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise DataprepError("not an address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise DataprepError("expected an http or https address")
    return host, port or (443 if parts.scheme == "https" else 80)


def _check_host(url: str, *, typed: tuple[str, int]) -> None:
    host, port = _origin(url)
    if (host, port) == typed:
        return
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return  # a proxy may resolve it; without one the connection fails anyway
    for *_, address in addresses:
        try:
            check_peer(str(address[0]))
        except RefusedAddress:
            raise DataprepError(f"redirects to {host}:{port}, a private address; refused") from None


def _credentials(url: str) -> Any:
    parts = urlsplit(url)
    if parts.username is None:
        return no_credentials
    return (unquote(parts.username), unquote(parts.password or ""))


def _retry_after_s(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT_S) if text.isdecimal() else 0.0


def _words(error: BaseException) -> str:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.TooManyRedirects):
        return str(error)
    return "the connection broke"
