"""Connections: how many, and their end where a client sends or takes nothing for long."""

import sys
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_CHECK_EVERY_S = 2.0
_LEAST_BYTES_A_S = 1024  # that a client takes who is still there
# Accepted at once, before one of them can be closed: where files run out, asyncio tries again that
# often, each time with a traceback, and never recovers.
BACKLOG = 16
_OTHER_FILES = 128  # that the process has open, and connections about to be closed


def within_open_files(connections: int) -> int:
    """Return how many connections there may be, where a process may open few files (macOS: 256)."""
    if sys.platform == "win32":
        return connections
    import resource  # noqa: PLC0415 - there is none on Windows

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connections if most < 0 else max(1, min(connections, most - _OTHER_FILES))


def patient_protocol(*, connections: int, header_s: float, stalled_s: float) -> type[H11Protocol]:
    """Return uvicorn's protocol with an end to its patience.

    Args:
        connections: at once; one more is closed before it is heard.
        header_s: that a connection may be without a request whose headers are whole.
        stalled_s: that a client may take next to nothing of an answer.
    """

    class PatientProtocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            self._counted = _CountingTransport(transport)
            super().connection_made(self._counted)  # type: ignore[arg-type]
            self._idle_s = self._stalled_s = 0.0
            self._taken = 0
            self._last: Any = None
            if len(self.connections) > connections:
                self._counted.abort()
            self._check = self.loop.call_later(_CHECK_EVERY_S, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            self._check.cancel()
            super().connection_lost(exc)

        def _look(self) -> None:
            unsent = self._counted.get_write_buffer_size()
            taken = self._counted.written - unsent
            is_stalled = unsent > 0 and taken - self._taken < _LEAST_BYTES_A_S * _CHECK_EVERY_S
            is_idle = unsent == 0 and (self.cycle is None or self.cycle.response_complete)
            is_idle = is_idle and self.cycle is self._last  # else there was a request meanwhile
            self._taken, self._last = taken, self.cycle
            self._stalled_s = self._stalled_s + _CHECK_EVERY_S if is_stalled else 0.0
            self._idle_s = self._idle_s + _CHECK_EVERY_S if is_idle else 0.0
            if self._idle_s >= header_s or self._stalled_s >= stalled_s:
                self._counted.abort()  # closing would wait for what the client doesn't take
            else:
                self._check = self.loop.call_later(_CHECK_EVERY_S, self._look)

    return PatientProtocol


class _CountingTransport:
    """A transport that knows how much was written to it."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.written = 0

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
