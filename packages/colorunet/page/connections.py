"""Connection limits: number, idle and stalled clients, and closing without a reset."""

import socket
import sys
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_CHECK_EVERY_S = 2.0
_LEAST_BYTES_A_S = 1024  # that a live client reads
# asyncio accepts so many connections before one of them can be closed. Where files run out it tries
# again that often, each time with a traceback, and never recovers.
_ACCEPTED_AT_ONCE = 16
_OTHER_FILES = 128  # that the process has open, and connections about to be closed
# Closing a socket with unread data resets the connection, and the client never sees the answer. So
# the rest of a refused upload is read and dropped for a while, as nginx does (lingering_close).
_LINGER_S = 10.0
_LINGER_BYTES = 64 << 20  # read and dropped after an early answer, so that the client can read it


def within_open_files(connections: int) -> int:
    """Lower the connection limit to the process's limit of open files (macOS: 256)."""
    if sys.platform == "win32":
        return connections
    import resource  # noqa: PLC0415 - there is none on Windows

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connections if most < 0 else max(1, min(connections, most - _OTHER_FILES))


class QueueingServer(uvicorn.Server):
    """uvicorn's server with a longer queue of connections to accept.

    uvicorn has one setting for both. With a short queue, Linux answers a burst of clients with SYN
    cookies and resets those whose cookie has expired when they are accepted.

    Args:
        config: of uvicorn; its ``backlog`` is replaced.
        waiting: connections in the queue; some systems allow fewer.
    """

    def __init__(self, config: uvicorn.Config, *, waiting: int) -> None:
        config.backlog = _ACCEPTED_AT_ONCE
        super().__init__(config)
        self._waiting = waiting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening; ``listen`` on a listening socket changes the queue's length."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(self._waiting)


def patient_protocol(*, connections: int, header_s: float, stalled_s: float) -> type[H11Protocol]:
    """Return uvicorn's protocol with connection limits and timeouts.

    Args:
        connections: most at once; further ones are closed unread.
        header_s: seconds until the headers of a request must have arrived.
        stalled_s: seconds for which a client may read almost nothing of a response.
    """

    class PatientProtocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            self._counted = _CountingTransport(transport, self._close)
            self._dropped: int | None = None  # bytes since the answer, once the rest is dropped
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

        def data_received(self, data: bytes) -> None:
            if self._dropped is None:
                super().data_received(data)
                return
            self._dropped += len(data)
            if self._dropped > _LINGER_BYTES:
                self._counted.abort()

        def _close(self) -> None:
            """Close after the answer; where the client still sends, read and drop the rest."""
            if self._dropped is not None:
                return
            if self.conn.their_state is not h11.SEND_BODY:
                self._counted.close_now()
                return
            self._dropped = 0
            self._unset_keepalive_if_required()
            self._check.cancel()
            self._check = self.loop.call_later(_LINGER_S, self._counted.abort)
            self.flow.resume_reading()
            try:
                self._counted.write_eof()  # once the answer is sent; the client's own end closes
            except OSError:  # the client is gone already
                self._counted.abort()

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
    """A transport that counts the bytes written, and leaves closing to the protocol."""

    def __init__(self, transport: Any, close: Callable[[], None]) -> None:
        self._transport = transport
        self._close = close
        self._is_closing = False
        self.written = 0

    def close(self) -> None:
        self._is_closing = True
        self._close()

    def close_now(self) -> None:
        self._transport.close()

    def is_closing(self) -> bool:
        return self._is_closing or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
