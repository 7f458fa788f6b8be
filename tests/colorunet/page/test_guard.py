"""Who may use the server: not other sites, not by other names, and only with the token if any."""

import asyncio
import hashlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.types import Message

from colorunet.page.guard import Guard
from colorunet.page.server import PageServer, ServerSettings
from colorunet.parameters.shipped import shipped_run

TIMEOUT_S = 60
TOKEN = "a-token-for-this-test"


async def _never(*_: Any) -> None:
    raise AssertionError("passed on")


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


@pytest.fixture(scope="module")
def guarded(serve: Callable[..., Any]) -> Any:
    return serve(token=TOKEN)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "10.0.0.1"])
def test_another_host_name_is_refused_whatever_is_asked(served: Any, host: str) -> None:
    """A name that is made to lead here (DNS rebinding) is not this machine's own."""
    for path in ("/", "/health", "/metrics", "/api/about", "/static/main.js"):
        answer = requests.get(served.url + path, headers={"Host": host}, timeout=TIMEOUT_S)
        assert answer.status_code in (400, 421)
        assert "palette" not in answer.text


def test_this_machines_own_names_are_answered(served: Any) -> None:
    for host in ("localhost", f"LOCALHOST:{served.port}", "127.0.0.1:9", "[::1]:80"):
        answer = requests.get(f"{served.url}/health", headers={"Host": host}, timeout=TIMEOUT_S)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_another_site_is_refused(served: Any, coffee: Path, headers: dict[str, str]) -> None:
    photo = {"image": coffee.read_bytes()}
    url = f"{served.url}/api/colorize"
    answer = requests.post(url, files=photo, headers=headers, timeout=TIMEOUT_S)
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]


def test_the_page_itself_is_not_another_site_and_a_link_may_lead_to_it(served: Any) -> None:
    own = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    answer = requests.get(f"{served.url}/api/about", headers=own, timeout=TIMEOUT_S)
    assert answer.status_code == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert requests.get(f"{served.url}/", headers=link, timeout=TIMEOUT_S).status_code == 200


def test_a_frame_of_another_site_is_refused_and_guesses_no_token(guarded: Any) -> None:
    frame = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    frame["Sec-Fetch-Dest"] = "iframe"
    for _ in range(12):
        answer = requests.get(f"{guarded.url}/?token=wrong", headers=frame, timeout=TIMEOUT_S)
        assert answer.status_code == 403
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.get(f"{guarded.url}/api/about", headers=bearer, timeout=TIMEOUT_S)
    assert answer.status_code == 200


def test_every_answer_forbids_what_the_page_does_not_need(served: Any) -> None:
    for path in ("/", "/static/main.js", "/api/about", "/nothing"):
        headers = requests.get(served.url + path, timeout=TIMEOUT_S).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers


def test_without_the_token_there_is_health_and_nothing_else(guarded: Any) -> None:
    assert requests.get(f"{guarded.url}/health", timeout=TIMEOUT_S).status_code == 200
    for path in ("/", "/metrics", "/api/about", "/static/main.js"):
        answer = requests.get(guarded.url + path, timeout=TIMEOUT_S)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert TOKEN not in answer.text


def test_the_token_opens_as_a_header_and_as_an_address_that_forgets_it(guarded: Any) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.get(f"{guarded.url}/api/about", headers=bearer, timeout=TIMEOUT_S)
    assert answer.status_code == 200
    with requests.Session() as browser:
        page = browser.get(f"{guarded.url}/?token={TOKEN}", timeout=TIMEOUT_S)
        assert page.status_code == 200
        assert page.url == f"{guarded.url}/"
        assert "HttpOnly" in page.history[0].headers["Set-Cookie"]
        assert TOKEN not in page.history[0].headers["Set-Cookie"]
        assert browser.get(f"{guarded.url}/api/about", timeout=TIMEOUT_S).status_code == 200


def test_who_guesses_by_way_of_the_cookie_guesses_256_bits(guarded: Any) -> None:
    """Whatever was made from the token would let a short one be tried without the limit."""
    link = f"{guarded.url}/?token={TOKEN}"
    answer = requests.get(link, timeout=TIMEOUT_S, allow_redirects=False)
    (value,) = answer.cookies.values()
    assert len(value) == 64
    made = [hashlib.new(name, TOKEN.encode()).hexdigest() for name in ("sha256", "sha3_256")]
    assert value not in [*made, TOKEN]
    for cookie in (made[0], "", "é"):
        headers = {"Cookie": f"colorunet-{guarded.port}={cookie}".encode()}
        about = requests.get(f"{guarded.url}/api/about", headers=headers, timeout=TIMEOUT_S)
        assert about.status_code == 401


def test_who_guesses_tokens_has_to_wait(serve: Callable[..., Any]) -> None:
    served = serve(token=TOKEN)
    answers = [
        requests.get(
            f"{served.url}/api/about", headers={"Authorization": f"Bearer {n}"}, timeout=TIMEOUT_S
        )
        for n in range(12)
    ]
    assert {answer.status_code for answer in answers[:10]} == {401}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_wrong_tokens_from_an_address_never_lock_out_a_right_one_from_there(
    serve: Callable[..., Any],
) -> None:
    """Behind a proxy all clients have one address."""
    served = serve(token=TOKEN)
    for number in range(30):
        bearer = {"Authorization": f"Bearer {number}"}
        answer = requests.get(f"{served.url}/api/about", headers=bearer, timeout=TIMEOUT_S)
    assert answer.status_code == 429
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.get(f"{served.url}/api/about", headers=bearer, timeout=TIMEOUT_S)
    assert answer.status_code == 200
    opened = requests.get(f"{served.url}/?token={TOKEN}", timeout=TIMEOUT_S)
    assert (opened.status_code, opened.url) == (200, f"{served.url}/")


def test_who_guesses_does_not_shut_out_who_is_in(serve: Callable[..., Any]) -> None:
    """Another site's page can send wrong tokens from the very machine of the one who is in."""
    served = serve(token=TOKEN)
    with requests.Session() as browser:
        browser.get(f"{served.url}/?token={TOKEN}", timeout=TIMEOUT_S)
        for _ in range(12):
            answer = requests.get(f"{served.url}/?token=wrong", timeout=TIMEOUT_S)
        assert answer.status_code == 429
        assert browser.get(f"{served.url}/api/about", timeout=TIMEOUT_S).status_code == 200


def test_one_machine_of_many_addresses_guesses_no_more_than_another() -> None:
    guard = Guard(_never, token=TOKEN, loopback=False)

    def status(address: str) -> int:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"token=wrong"}
        asyncio.run(guard(scope | {"headers": [], "client": (address, 1)}, _nothing, send))
        return int(sent[0]["status"])

    assert {status(f"2001:db8::{n:x}") for n in range(10)} == {401}
    assert status("2001:db8::ffff") == 429
    assert status("2001:db8:0:1::1") == 401
    assert {status(f"::ffff:192.0.2.{n}") for n in range(12)} == {401}


def test_a_browser_is_not_started_with_a_token_that_all_could_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a program is started with stands in the list of processes."""
    shown: list[str] = []
    monkeypatch.setattr("colorunet.page.server._OPENS_AFTER_S", 0)
    monkeypatch.setattr("colorunet.page.server._has_display", lambda: True)
    monkeypatch.setattr("webbrowser.open", shown.append)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: time.sleep(0.2))
    before = signal.getsignal(signal.SIGTERM)
    urls = []
    for token in (TOKEN, None):
        server = PageServer(
            ServerSettings(shipped_run("colorunet-listed"), "", "127.0.0.1", 0, token)
        )
        urls.append(server.served.url)
        server.run(shown.append, opens_browser=True)
        server.close()
    signal.signal(signal.SIGTERM, before)
    assert shown == [urls[1]]


def test_beyond_loopback_a_token_is_made_that_nobody_guesses() -> None:
    settings = ServerSettings(shipped_run("colorunet-listed"), "small", host="0.0.0.0", port=0)
    tokens = set()
    for _ in range(2):
        server = PageServer(settings)
        tokens.add(server.served.token)
        assert server.served.url.endswith(f"/?token={server.served.token}")
        server.close()
    assert len(tokens) == 2
    assert all(len(token) >= 20 for token in tokens)
