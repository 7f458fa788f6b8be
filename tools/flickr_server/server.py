"""HTTP server of the library: REST API, images, and faults on the wire."""

import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flickr_server.faults import Faults
from flickr_server.library import Library
from flickr_server.replies import Quirks, failure, info, search

REST_PATH = "/services/rest/"
_IMAGE = re.compile(r"/65535/(.+)_([0-9a-f]+)_([a-z])\.jpg")
_HTML = b"<html><body><h1>Something went wrong</h1></body></html>"
_MESSAGES = {"10": "Sorry, the Flickr search API is not currently available.", "105": "Service"}
_MESSAGES |= {"201": "Sorry, the Flickr search API is not currently available."}


@dataclass
class FlickrServer:
    """The server, a context manager.

    Args:
        key: the one API key that is right; empty takes any.
        latency_s: time that every image takes.
    """

    library: Library
    faults: Faults = field(default_factory=Faults)
    quirks: Quirks = field(default_factory=Quirks)
    port: int = 0
    key: str = ""
    latency_s: float = 0.0
    api_calls: list[dict[str, str]] = field(default_factory=list)
    image_requests: Counter[str] = field(default_factory=Counter)
    image_times: list[float] = field(default_factory=list)

    def __enter__(self) -> "FlickrServer":
        self.http = _Http(("127.0.0.1", self.port), _Handler)
        self.http.flickr = self
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.api_url = self.base + REST_PATH
        self._thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self._thread.join()

    def stats(self) -> dict[str, Any]:
        """Return counts of requests and of injected faults."""
        return {
            "api_calls": len(self.api_calls),
            "image_requests": sum(self.image_requests.values()),
            "images": len(self.image_requests),
            "injected": dict(self.faults.injected),
        }


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    flickr: FlickrServer

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients are killed and sockets reset on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, *_: object) -> None:
        """Keep stderr quiet."""

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(body.decode())

    def _answer(self, query: str) -> None:
        path = urlsplit(self.path).path
        if path == REST_PATH:
            self._rest(dict(parse_qsl(query)))
        elif path == "/stats":
            self._send(json.dumps(self.server.flickr.stats()).encode(), "application/json")
        elif match := _IMAGE.fullmatch(path):
            self._image(match[1], match[3])
        else:
            self._send(_HTML, "text/html", status=404)

    def _rest(self, ask: dict[str, str]) -> None:
        flickr = self.server.flickr
        flickr.api_calls.append(ask)
        names = ("method", "tags", "min_upload_date", "max_upload_date", "page", "photo_id")
        fault = flickr.faults.draw("api", " ".join(ask.get(name, "") for name in names))
        if flickr.key and self._key(ask) != flickr.key:
            answer = failure(100, "Invalid API Key (Key has invalid format)")
        elif fault.startswith("code-"):
            code = fault.removeprefix("code-")
            answer = failure(int(code), _MESSAGES[code])
        elif ask.get("method") == "flickr.photos.search":
            nth = len(flickr.api_calls)
            answer = search(flickr.library, ask, flickr.quirks, flickr.base, nth)
        elif ask.get("method") == "flickr.photos.getInfo":
            answer = info(flickr.library, ask.get("photo_id", ""))
        else:
            answer = failure(112, f'Method "{ask.get("method")}" not found')
        self._send(json.dumps(answer).encode(), "application/json", fault=fault)

    def _key(self, ask: dict[str, str]) -> str:
        signed = re.search(r'oauth_consumer_key="([^"]*)"', self.headers.get("Authorization", ""))
        return signed[1] if signed else ask.get("api_key", "")

    def _image(self, photo_id: str, size: str) -> None:
        flickr = self.server.flickr
        flickr.image_requests[photo_id] += 1
        flickr.image_times.append(time.monotonic())
        entry = flickr.library.entries.get(photo_id)
        fault = flickr.faults.draw("images", self.path)
        if flickr.latency_s:
            time.sleep(flickr.latency_s)
        if entry is None or entry.kind == "gone":
            self._send(_HTML, "text/html", status=404)
        elif entry.redirect_to:
            self._send(b"", "text/html", status=302, extra={"Location": entry.redirect_to})
        elif entry.kind == "huge":
            self._huge()
        elif entry.kind == "down":
            self._send(_HTML, "text/html", status=500)
        else:
            data, content_type = flickr.library.image(entry, size)
            extra = {"X-Robots-Tag": "noai, noimageai"} if entry.kind == "noai" else {}
            self._send(data, content_type, fault=fault, extra=extra)

    def _huge(self) -> None:
        """A JPEG's beginning, then 200 MB, with no length told."""
        self._head(200, "image/jpeg", {"Connection": "close"})
        with contextlib.suppress(OSError):
            self.wfile.write(b"\xff\xd8\xff\xe0")
            for _ in range(3_200):
                self.wfile.write(b"\0" * 65_536)
        self.close_connection = True

    def _send(
        self,
        data: bytes,
        content_type: str,
        *,
        status: int = 200,
        fault: str = "",
        extra: dict[str, str] | None = None,
    ) -> None:
        headers = dict(extra or {})
        wire = getattr(self, "_wire_" + fault.replace("-", "_"), None)
        if wire is not None:
            wire(data, content_type)
            return
        if fault in ("429", "429-retry-after", "500", "502"):
            status, data, content_type = int(fault[:3]), _HTML, "text/html"
            if fault == "429-retry-after":
                headers["Retry-After"] = f"{self.server.flickr.faults.retry_after_s:g}"
        elif fault == "html":
            data, content_type = _HTML, "text/html"
        elif fault == "truncated":  # the length agrees: only the content tells
            data = data[: len(data) // 2]
        self._head(status, content_type, headers | {"Content-Length": str(len(data))})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _wire_short(self, data: bytes, content_type: str) -> None:
        """Promise the whole and break off in the middle."""
        self._head(200, content_type, {"Content-Length": str(len(data))})
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def _wire_hang(self, *_: object) -> None:
        time.sleep(self.server.flickr.faults.hang_s)
        self.close_connection = True

    def _wire_slow(self, data: bytes, content_type: str) -> None:
        self._head(200, content_type, {"Content-Length": str(len(data))})
        step = max(1, len(data) // 10)
        for start in range(0, len(data), step):
            time.sleep(0.05)
            self.wfile.write(data[start : start + step])

    def _wire_reset(self, *_: object) -> None:
        linger = struct.pack("ii", 1, 0)  # closing sends RST instead of FIN
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def _head(self, status: int, content_type: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
