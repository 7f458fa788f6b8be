"""Download queue: concurrency, rate limit, retries."""

import heapq
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import count
from queue import SimpleQueue
from typing import Any, TypeVar

from dataprep.errors import DataprepError
from dataprep.photos.folder import utc_now
from dataprep.sources.flickr.download import Outcome, Task, TryAgain, try_download, try_probe
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.limits import TRIES, Breaker, Patience, TokenBucket, backoff_s
from dataprep.sources.flickr.transport import Transport

T = TypeVar("T")
Event = tuple[Callable[[Any], None], Any]  # what to do with a result, and the result


class Images:
    """The downloads of a fetch. One thread calls its methods; others do the work.

    No thread sleeps before a retry, so a waiting photo delays no other.

    To tell a failing photo from a failing host, a photo is given up only if the host has answered
    since the first failure: for another photo, or for an earlier one that is requested again as a
    probe. So an outage rejects nothing, and single photos that always fail don't stop a fetch.

    Args:
        transport: the HTTP client.
        journal: has the failures of earlier runs, and addresses of images for probes.
        rate: images a second.
        concurrency: images at once; the transport holds to it.
        patience: before other tries.

    Attributes:
        events: results of the other threads, with what handles each; that one thread takes them.
        finished: photos with their outcomes, until they are taken.
        downloaded: number of usable images.
    """

    def __init__(
        self,
        transport: Transport,
        journal: Journal,
        *,
        rate: float,
        concurrency: int,
        patience: Patience,
    ) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.finished: deque[tuple[Task, Outcome]] = deque()
        self.downloaded = 0
        self._transport, self._journal = transport, journal
        self._bucket = TokenBucket(rate, burst=max(1.0, rate / 10))
        self._breaker = Breaker(first_pause_s=patience.first_pause_s)
        self._first_wait_s = patience.first_wait_s
        # Some threads examine images while ``concurrency`` others download.
        self._threads = concurrency + max(2, concurrency // 2)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="image")
        self._fresh: deque[Task] = deque()
        self._again: list[tuple[float, int, Task]] = []
        self._tries: dict[str, int] = {}
        self._order = count()
        self._active = 0
        self._quiet_until = 0.0
        self._doubtful: list[tuple[str, str]] = []  # failures since the host's last answer
        self._given_up: list[tuple[Task, str]] = []  # but only if the host turns out to work
        self._failing_since: dict[str, int] = {}
        self._answers = 0  # of the host
        self._probing = False
        self._rng = random.Random()

    @property
    def outstanding(self) -> int:
        """Number of photos queued or in work."""
        waiting = len(self._fresh) + len(self._again) + len(self._given_up)
        return waiting + self._active

    def offer(self, task: Task) -> None:
        """Queue a photo."""
        self._fresh.append(task)

    def start(self) -> float | None:
        """Start what may start now; return the seconds until more may, None if that is an event."""
        while self._fresh or self._again or self._given_up:
            if self._active >= (1 if self._breaker.suspect else self._threads):
                return None
            url = self._url_to_probe()
            if url is None and not (self._fresh or self._again):
                return None  # the answer to a probe, or of what is under way, is waited for
            wait_s = self._wait_before(url)
            if wait_s:
                return wait_s
            if url is None:
                self._start_next()
            else:
                self._start_probe(url)
        return None

    def _wait_before(self, probe: str | None) -> float:
        now = time.monotonic()
        if (self._breaker.suspect or probe) and now < self._quiet_until:
            return self._quiet_until - now
        if not probe and not self._fresh and self._again[0][0] > now:
            return self._again[0][0] - now
        return self._bucket.try_take()

    def _start_next(self) -> None:
        due = bool(self._again) and self._again[0][0] <= time.monotonic()
        # While a host is suspect, other photos try it, so that none uses up all its tries.
        if due and not (self._breaker.suspect and self._fresh):
            task = heapq.heappop(self._again)[2]
        else:
            task = self._fresh.popleft()
        self._begin(
            partial(try_download, task, self._transport, now=utc_now()), partial(self._settle, task)
        )

    def close(self) -> None:
        """Start no more downloads; running ones end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, work: Callable[[], T], settle: Callable[[Future[T]], None]) -> None:
        """Have another thread do something; what it raises is raised where that is settled."""
        self._active += 1
        self._pool.submit(work).add_done_callback(lambda done: self.events.put((settle, done)))

    def _settle(self, task: Task, done: Future[Outcome]) -> None:
        self._active -= 1
        try:
            outcome = done.result()
        except TryAgain as failure:
            self._failed(task, failure)
            return
        self._answered()
        self._tries.pop(task.id, None)
        self.downloaded += outcome.reason == ""
        self.finished.append((task, outcome))

    def _failed(self, task: Task, failure: TryAgain) -> None:
        before = self._tries.get(task.id)
        if before is None:
            before = self._journal.failures(task.id, task.url)
            self._failing_since[task.id] = -1 if before else self._answers
        tries = self._tries[task.id] = before + 1
        if failure.host_failed:
            self._doubtful.append((task.id, task.url))
            self._host_failed(failure.reason)
        else:
            self._answered()
        if tries < TRIES:
            wait_s = max(
                failure.wait_s or 0.0, backoff_s(tries, self._rng, first_s=self._first_wait_s)
            )
            heapq.heappush(self._again, (time.monotonic() + wait_s, next(self._order), task))
        elif not failure.host_failed:
            self.finished.append((task, Outcome(reason=failure.reason)))
        elif self._answers > self._failing_since[task.id]:
            self._give_up(task, failure.reason, proven=True)
        elif self._journal.good_url() is None:
            self._give_up(task, failure.reason, proven=False)
        else:
            self._given_up.append((task, failure.reason))

    def _give_up(self, task: Task, why: str, *, proven: bool) -> None:
        reason = f"unavailable: {why} after {TRIES} tries"
        outcome = Outcome(reason=reason, passing=True, proven=proven)
        self.finished.append((task, outcome))

    def _answered(self) -> None:
        """Note that the host answered: failures meanwhile were those of single photos."""
        self._answers += 1
        self._breaker.succeeded()
        if self._doubtful:
            self._journal.add_failures(self._doubtful)
            self._doubtful = []
        given_up, self._given_up = self._given_up, []
        for task, why in given_up:
            self._give_up(task, why, proven=True)

    def _host_failed(self, reason: str) -> None:
        self._breaker.failed()
        self._quiet_until = time.monotonic() + self._breaker.pause_s
        if self._breaker.open:
            raise DataprepError(
                f"the image host failed {self._breaker.failures} times in a row, last: "
                f"{reason}; what was fetched is kept, rerun later to resume"
            )

    def _url_to_probe(self) -> str | None:
        """Return an address that gave an image before, where it is in doubt whether it does."""
        if self._probing or not (self._given_up or self._breaker.suspect):
            return None
        return self._journal.good_url()

    def _start_probe(self, url: str) -> None:
        self._probing = True
        self._begin(partial(try_probe, url, self._transport), self._probed)

    def _probed(self, done: Future[None]) -> None:
        self._active -= 1
        self._probing = False
        try:
            done.result()
        except TryAgain as failure:
            self._host_failed(failure.reason)
            self._quiet_until = max(self._quiet_until, time.monotonic() + self._first_wait_s)
        else:
            self._answered()
