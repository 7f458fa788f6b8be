"""Requests of whatever bytes to the page: an answer of 2xx or 4xx, whatever they hold."""

import asyncio
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

pytest.importorskip("starlette")

from colorunet.coloring.colorizer import Colorizer
from colorunet.page.app import PageApp
from colorunet.page.coloring import PhotoColoring
from colorunet.page.guard import Guard
from colorunet.page.limits import Limits
from colorunet.page.networks import Networks
from colorunet.parameters.meta import read_meta
from colorunet.parameters.shipped import shipped_run

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TOKEN = "a-token"
OWN = [(b"host", b"localhost"), (b"authorization", f"Bearer {TOKEN}".encode())]


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((24, 16)).save(buffer, "PNG")
    return buffer.getvalue()


def _form(name: str, photo: bytes, fields: dict[str, str]) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--b\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'
    return b"".join([*parts, head.encode("utf-8", "replace"), photo, b"\r\n--b--\r\n"])


class Asker:
    """Asks an application, behind its guard and with a token, without a server between."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()

    def __call__(self, method: str, path: str, headers: Any, body: bytes = b"") -> int:
        """Return the status of the answer; errors that nobody expected are raised."""
        return self._loop.run_until_complete(_asked(self._app, method, path, headers, body))

    def close(self) -> None:
        """End the loop."""
        self._loop.close()


async def _asked(app: Any, method: str, path: str, headers: Any, body: bytes) -> int:
    target, _, query = path.partition("?")
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": target, "scheme": "http",
        "raw_path": target.encode(), "query_string": query.encode(), "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    sent: list[int] = []
    given_out = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        message = next(given_out, None)
        if message is None:
            await asyncio.sleep(3600)
        return message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    await app(scope, receive, send)
    return sent[0]


@pytest.fixture(scope="module")
def ask() -> Iterator[Asker]:
    """The application of the small network."""
    run = shipped_run("colorunet-listed")
    colorizer = Colorizer.load(run, working_edge_px=32, threads=1)
    coloring = PhotoColoring(colorizer, read_meta(run, "best"), Limits())
    page = PageApp(Networks({"small": run}, lambda _name, _run: coloring), limits=Limits())
    asker = Asker(Guard(page.asgi(), token=TOKEN, loopback=True))
    yield asker
    asker.close()


names = st.text(max_size=20) | st.sampled_from(["../a.png", "a\\b", "\x1b[2J", "CON", "." * 9, ""])
values = st.text(max_size=12) | st.sampled_from(["0.5", "nan", "1e999", "[{}]", "9" * 40, "-1"])
fields = st.dictionaries(
    st.sampled_from(
        [
            "warmth",
            "vividness",
            "saturation",
            "caution",
            "strength",
            "versions",
            "hints",
            "network",
            "other",
        ]
    ),
    values,
)
forms = st.builds(_form, names, st.just(_picture()) | damaged(_picture()), fields)


# Of a form that ends early starlette leaves the buffer, which is memory alone, to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@fuzz
@given(
    body=st.binary() | forms | damaged(_form("a.png", _picture(), {"warmth": "0.5"})),
    kind=st.sampled_from([b"multipart/form-data; boundary=b", b"multipart/form-data"]),
    path=st.sampled_from(["/api/colorize", "/api/photos"]),
)
def test_forms(body: bytes, kind: bytes, path: str, ask: Asker) -> None:
    length = (b"content-length", str(len(body)).encode())
    status = ask("POST", path, [*OWN, (b"content-type", kind), length], body)
    assert 200 <= status < 300 or 400 <= status < 500


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
looks = st.dictionaries(
    st.sampled_from(["warmth", "vividness", "saturation", "hints", "version", "photos"]), anything
)


@fuzz
@given(body=st.binary() | (looks | anything).map(lambda value: json.dumps(value).encode()))
def test_objects(body: bytes, ask: Asker) -> None:
    for path in ("/api/zip", "/api/photos/a/preview", "/api/photos/a/file"):
        assert 400 <= ask("POST", path, OWN, body) < 500


@fuzz
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "BREW"]),
    path=st.text(max_size=20).map(lambda text: f"/{text}")
    | st.sampled_from(["/static/../guard.py", "/static//etc/passwd", "/?token=x&token=y", "//"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"host", b"origin", b"cookie", b"authorization", b"sec-fetch-site"]),
            st.binary(max_size=20) | st.sampled_from([b"localhost", b"[::1]:80", b"[", b"Bearer "]),
        ),
        max_size=4,
    ),
)
def test_whoever_has_no_token_gets_nothing(
    method: str, path: str, headers: list[tuple[bytes, bytes]], ask: Asker
) -> None:
    status = ask(method, path, headers)
    assert 400 <= status < 500 or path.partition("?")[0] == "/health"
