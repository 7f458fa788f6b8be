"""Fair queue: round robin over clients."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from colorunet.page.limits import Limits
from colorunet.page.refusal import Refusal

T = TypeVar("T")
_SMOOTHING = 0.1  # of the mean duration, from which Retry-After is computed


class Turns:
    """Threads whose work is taken from one client after the other.

    Args:
        name: of the work, for its threads.
        threads: that work at once.
        limits: how many may wait, and how long.
    """

    def __init__(self, name: str, *, threads: int, limits: Limits) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads = self._free = threads
        self._limits = limits
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._mean_s = 0.5

    @property
    def waiting(self) -> int:
        """Requests in line."""
        return sum(map(len, self._lines.values()))

    async def run(
        self, client: str, work: Callable[[], T], *, gone: Callable[[], Awaitable[bool]]
    ) -> T:
        """Run ``work`` in a thread when it is the client's turn, and return its result.

        Args:
            client: whose request it is.
            work: what it asks for.
            gone: whether the client has disconnected, so that the work is skipped.

        Raises:
            Refusal: the queue is full, the wait was too long, or the client disconnected.
        """
        self._refuse_beyond_limits(client)
        await self._turn(client)
        try:
            if await gone():
                raise Refusal(499, "the client left")
            started = time.monotonic()
            result = await asyncio.get_running_loop().run_in_executor(self._pool, work)
            self._mean_s += _SMOOTHING * (time.monotonic() - started - self._mean_s)
            return result
        finally:
            self._give_back()

    def close(self) -> None:
        """Start no more work; running work is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _refuse_beyond_limits(self, client: str) -> None:
        own = len(self._lines.get(client, ()))
        if own >= self._limits.waiting_each:
            raise Refusal(
                429,
                f"{own} of your requests are waiting already; ask again when some are answered",
                retry_after_s=self._seconds_for(own),
            )
        if self.waiting >= self._limits.waiting:
            raise self._busy()

    async def _turn(self, client: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(turn)
        self._advance()
        try:
            async with asyncio.timeout(self._limits.wait_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():  # the turn was given, but won't be used
                self._give_back()
            if isinstance(error, TimeoutError):
                raise self._busy() from None
            raise
        finally:
            self._leave(client, turn)

    def _leave(self, client: str, turn: "asyncio.Future[None]") -> None:
        line = self._lines.get(client)
        if line is not None and turn in line:
            line.remove(turn)
            if not line:
                del self._lines[client]

    def _give_back(self) -> None:
        self._free += 1
        self._advance()

    def _advance(self) -> None:
        while self._free and self._lines:
            client, line = next(iter(self._lines.items()))
            turn = line.popleft()
            if line:
                self._lines.move_to_end(client)
            else:
                del self._lines[client]
            if not turn.done():
                self._free -= 1
                turn.set_result(None)

    def _busy(self) -> Refusal:
        waiting = self.waiting
        return Refusal(
            503,
            f"busy: {waiting} requests are waiting; ask again later",
            retry_after_s=self._seconds_for(waiting),
        )

    def _seconds_for(self, requests: int) -> int:
        return max(1, round(requests * self._mean_s / self._threads))
