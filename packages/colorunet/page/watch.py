"""Middleware that counts and times requests, and reports unexpected errors in one line."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colorfiles.errors import is_out_of_memory
from colorunet.page.answers import refusal_answer
from colorunet.page.metrics import Metrics
from colorunet.page.refusal import Refusal


class Watch:
    """ASGI middleware, the outermost.

    Args:
        app: what is watched.
        metrics: that it counts in.
        tell: called with unexpected errors.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tell: Callable[[str], None]) -> None:
        self._app = app
        self._metrics = metrics
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 0

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception as error:  # the server goes on, and reports any error
            self._tell(f"{scope['method']} {scope['path']}: {type(error).__name__}: {error}")
            if status:
                raise  # closes the connection: half an answer mustn't look complete
            await refusal_answer(_refusal(error))(scope, receive, send_counted)
        finally:
            route = getattr(scope.get("endpoint"), "__name__", "other")
            self._metrics.count(route, status, time.monotonic() - started)


def _refusal(error: Exception) -> Refusal:
    if is_out_of_memory(error):
        return Refusal(503, "the server has no memory left for it; try later, or a smaller photo")
    return Refusal(500, "something went wrong in the server; its terminal says what")
