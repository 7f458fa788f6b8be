"""Access control: token, host names, and no requests from other sites."""

import ipaddress
import secrets
import time
from collections import OrderedDict
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colorunet.page.answers import refusal_answer
from colorunet.page.refusal import Refusal

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_COOKIE_S = 30 * 24 * 3600  # 30 days
_WRONG_A_MINUTE = 10  # tokens from one address
LEAST_TOKEN = 16  # characters: fewer can be guessed by trying, as a right token is never refused
_ADDRESSES = 1024  # that are remembered at once, the latest ones


class Guard:
    """ASGI middleware that refuses other sites and requests without a required token.

    Wrong tokens are rate-limited by address; right ones never are, since behind a proxy all clients
    have one address and one of them could lock out the others. Guessing is limited by the token's
    length.

    Args:
        app: what is guarded.
        token: that a request must bring; "" where none is needed.
        loopback: the server is reached from this machine only, under this machine's own names.
    """

    def __init__(self, app: ASGIApp, *, token: str, loopback: bool) -> None:
        self._app = app
        self._token = token
        self._loopback = loopback
        # Random instead of derived from the token: else the token could be guessed by the cookie,
        # whose wrong values don't count, as a browser still has those of earlier servers.
        self._session = secrets.token_hex(32)
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on a request; every response has security headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        try:
            answer = self._answer(scope)
        except Refusal as refusal:
            answer = refusal_answer(refusal)
        await (answer or self._app)(scope, receive, send_safely)

    def _answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        self._refuse_other_names(headers)
        _refuse_other_sites(scope, headers)
        if not self._token or scope["path"] == "/health":
            return None
        return self._ask_for_token(scope, headers)

    def _refuse_other_names(self, headers: Headers) -> None:
        """Refuse foreign host names: under DNS rebinding a site names itself as the host."""
        host = headers.get("host", "")
        if self._loopback and not is_loopback(hostname(host)):
            raise Refusal(
                421, f"host {host!r:.80}: this server answers to localhost and 127.0.0.1 only"
            )

    def _ask_for_token(self, scope: Scope, headers: Headers) -> Response | None:
        cookie = f"colorunet-{(scope.get('server') or ('', 0))[1]}"
        if _same(cookie_parser(headers.get("cookie", "")).get(cookie, ""), self._session):
            return None
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(given.strip(), self._token):
            return None
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and _same(asked, self._token):
            answer = RedirectResponse("/", 303)  # the token leaves the address bar and the history
            answer.set_cookie(cookie, self._session, _COOKIE_S, httponly=True, samesite="lax")
            return answer
        if asked or given:
            self._count_wrong(_network((scope.get("client") or ("",))[0]))
        raise Refusal(
            401, "the token is missing or wrong: open the address that `colorunet serve` printed, "
            "or send Authorization: Bearer TOKEN"
        )  # fmt: skip

    def _count_wrong(self, address: str) -> None:
        now = time.monotonic()
        recent = [when for when in self._wrong.pop(address, []) if now - when < 60]
        self._wrong[address] = [*recent[1 - _WRONG_A_MINUTE :], now]
        while len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)
        if len(recent) >= _WRONG_A_MINUTE:
            raise Refusal(429, "too many wrong tokens; wait a minute", retry_after_s=60)


def hostname(host: str) -> str:
    """Return the name in a Host header, without its port; "" where there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a name or an address is a loopback one."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_other_sites(scope: Scope, headers: Headers) -> None:
    """Refuse requests of other sites, which browsers name; programs name none."""
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is not None and origin.lower().partition("://")[2] != host.lower():
        raise Refusal(403, f"origin {origin!r:.80}: another site's pages may not use this server")
    site = headers.get("sec-fetch-site", "none")
    opened = scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"
    opened = opened and headers.get("sec-fetch-dest", "document") == "document"  # not a frame
    if site not in ("same-origin", "none") and not (opened and scope["path"] == "/"):
        raise Refusal(403, "another site's pages may not use this server")


def _network(address: str) -> str:
    """Return the network to count wrong tokens for: one machine has 2^64 IPv6 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed) >> 64 << 64))


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())
