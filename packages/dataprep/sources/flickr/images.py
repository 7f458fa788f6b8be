"""Downloads under way: how many at once, how fast, which are tried again and when."""

import heapq
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from queue import SimpleQueue
from typing import Any

from dataprep.errors import DataprepError
from dataprep.photos.folder import utc_now
from dataprep.sources.flickr.download import Outcome, Task, TryAgain, try_download
from dataprep.sources.flickr.limits import TRIES, Breaker, Patience, TokenBucket, backoff_s
from dataprep.sources.flickr.transport import Transport

Event = tuple[Callable[[Any], None], Any]  # what to do with a result, and the result


class Images:
    """The downloads of a fetch. One thread calls its methods; others do the work.

    No thread sleeps through a wait before another try, so a photo that has to wait holds up none.

    Args:
        transport: how images are got.
        events: where results are put for that one thread.
        done: told of a photo's outcome.
        rate: images a second.
        concurrency: images at once; the transport holds to it.
        patience: before other tries.
    """

    def __init__(
        self,
        transport: Transport,
        events: "SimpleQueue[Event]",
        done: Callable[[Task, Outcome], None],
        *,
        rate: float,
        concurrency: int,
        patience: Patience,
    ) -> None:
        self.downloaded = 0
        self._transport, self._events, self._done = transport, events, done
        self._bucket = TokenBucket(rate, burst=max(1.0, rate / 10))
        self._breaker = Breaker(first_pause_s=patience.first_pause_s)
        self._first_wait_s = patience.first_wait_s
        # Some look at images while the others, as many as may, are downloading.
        self._threads = concurrency + max(2, concurrency // 2)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="image")
        self._fresh: deque[Task] = deque()
        self._again: list[tuple[float, int, Task]] = []
        self._tries: dict[str, int] = {}
        self._order = count()
        self._active = 0
        self._quiet_until = 0.0
        self._rng = random.Random()

    @property
    def outstanding(self) -> int:
        """How many photos are waited for."""
        return len(self._fresh) + len(self._again) + self._active

    def offer(self, task: Task) -> None:
        """Queue a photo."""
        self._fresh.append(task)

    def start(self) -> float | None:
        """Start what may start now; return the seconds until more may, None if that is an event."""
        while self._fresh or self._again:
            now = time.monotonic()
            if self._active >= (1 if self._breaker.suspect else self._threads):
                return None
            if self._breaker.suspect and now < self._quiet_until:
                return self._quiet_until - now
            due = bool(self._again) and self._again[0][0] <= now
            if not due and not self._fresh:
                return self._again[0][0] - now
            wait_s = self._bucket.try_take()
            if wait_s:
                return wait_s
            # While a host is suspect, other photos try it: nobody uses up all tries on it.
            if due and not (self._breaker.suspect and self._fresh):
                task = heapq.heappop(self._again)[2]
            else:
                task = self._fresh.popleft()
            self._active += 1
            self._pool.submit(self._work, task)
        return None

    def close(self) -> None:
        """Start nothing more; what is under way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, task: Task) -> None:
        result: Any
        try:
            result = try_download(task, self._transport, now=utc_now())
        except Exception as error:
            result = error
        self._events.put((lambda got: self._settle(task, got), result))

    def _settle(self, task: Task, result: Any) -> None:
        self._active -= 1
        if isinstance(result, Outcome):
            self._breaker.succeeded()
            self._tries.pop(task.id, None)
            self.downloaded += result.reason == ""
            self._done(task, result)
        elif isinstance(result, TryAgain):
            self._failed(task, result)
        else:
            raise result

    def _failed(self, task: Task, failure: TryAgain) -> None:
        if failure.host_failed:
            self._breaker.failed(failure.reason)
            self._quiet_until = time.monotonic() + self._breaker.pause_s
        else:
            self._breaker.succeeded()
        if self._breaker.open:
            raise DataprepError(
                f"the image host failed {self._breaker.failures} times in a row, last: "
                f"{failure.reason}; what was fetched is kept, rerun later to go on"
            )
        tries = self._tries[task.id] = self._tries.get(task.id, 0) + 1
        if tries < TRIES:
            wait_s = max(
                failure.wait_s or 0.0, backoff_s(tries, self._rng, first_s=self._first_wait_s)
            )
            heapq.heappush(self._again, (time.monotonic() + wait_s, next(self._order), task))
        elif failure.host_failed:
            reason = f"unavailable: {failure.reason} after {TRIES} tries"
            self._done(task, Outcome(reason=reason, passing=True))
        else:
            self._done(task, Outcome(reason=failure.reason))
