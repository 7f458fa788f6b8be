"""Rate limits, back-off times and the circuit breaker."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TRIES = 5
API_CALLS_AN_HOUR = 3_600  # what Flickr asks applications to stay under
_LONGEST_BACKOFF_S = 60.0
_LONGEST_RETRY_AFTER_S = 3_600.0


@dataclass(frozen=True)
class Patience:
    """First waits before retries; later ones double.

    Args:
        first_wait_s: before the second try of a resource.
        first_pause_s: before the next request to a suspect host.
    """

    first_wait_s: float = 0.5
    first_pause_s: float = 0.5


class TokenBucket:
    """A rate limit shared by threads; a full bucket allows a burst.

    Args:
        rate: tokens a second.
        burst: most tokens that gather.
        clock: seconds, for tests.
    """

    def __init__(
        self, rate: float, burst: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"token bucket: rate > 0 and burst >= 1, given {rate} and {burst}")
        self.rate, self.burst = rate, burst
        self._tokens, self._clock = burst, clock
        self._at = clock()
        self._lock = threading.Lock()

    def try_take(self) -> float:
        """Take a token and return 0, or return the seconds until one is available."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
            self._at = now
            if self._tokens >= 1 - 1e-6:  # a rounding error is no reason to wait
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self.rate

    def take(self) -> None:
        """Wait for a token and take it."""
        while (wait_s := self.try_take()) > 0:
            time.sleep(wait_s)


def api_bucket(calls_an_hour: int = API_CALLS_AN_HOUR, burst: int = 150) -> TokenBucket:
    """Return a bucket that allows at most ``calls_an_hour`` in any hour, the first included."""
    return TokenBucket((calls_an_hour - burst) / 3_600, burst)


def backoff_s(tries: int, rng: random.Random, *, first_s: float) -> float:
    """Return a random exponential wait: between half and all of 2ⁿ × first after n failures."""
    return min(_LONGEST_BACKOFF_S, first_s * 2 ** (tries - 1)) * rng.uniform(0.5, 1.0)


def retry_after_s(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a ``Retry-After`` header (number or date), at most an hour."""
    if not header:
        return None
    try:
        wait_s = float(header)
    except ValueError:
        try:
            when = parsedate_to_datetime(header)
        except ValueError:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        wait_s = (when - (now or datetime.now(UTC))).total_seconds()
    if not wait_s >= 0:  # negative, or not a number
        return None
    return min(wait_s, _LONGEST_RETRY_AFTER_S)


@dataclass
class Breaker:
    """Circuit breaker of a host.

    After ``suspect_after`` failures without a success the host is suspect: one request at a time,
    with growing pauses. After ``probes`` more failures the breaker is open for good.
    """

    suspect_after: int = 12
    probes: int = 8
    first_pause_s: float = 0.5
    failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def succeeded(self) -> None:
        """Count a success."""
        with self._lock:
            self.failures = 0

    def failed(self) -> None:
        """Count a failure of the host."""
        with self._lock:
            self.failures += 1

    @property
    def suspect(self) -> bool:
        """Whether requests must go one at a time."""
        return self.failures >= self.suspect_after

    @property
    def open(self) -> bool:
        """Whether requests must stop."""
        return self.failures >= self.suspect_after + self.probes

    @property
    def pause_s(self) -> float:
        """Pause before the next request to a suspect host."""
        beyond = self.failures - self.suspect_after
        return min(16 * self.first_pause_s, self.first_pause_s * 2**beyond) if beyond >= 0 else 0.0
