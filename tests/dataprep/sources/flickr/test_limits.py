"""How often is asked, how long is waited, when it stops."""

import random
import time
from datetime import UTC, datetime

import pytest
from flickr_server.faults import Faults
from hypothesis import given
from hypothesis import strategies as st

from dataprep.sources.flickr.limits import (
    Breaker,
    TokenBucket,
    api_bucket,
    backoff_s,
    retry_after_s,
)


def test_no_hour_takes_more_than_3600_calls():
    now = [0.0]
    bucket = api_bucket()
    bucket = TokenBucket(bucket.rate, bucket.burst, clock=lambda: now[0])
    taken = []
    while now[0] < 3 * 3_600:
        wait_s = bucket.try_take()
        if wait_s:
            now[0] += wait_s
        else:
            taken.append(now[0])
    last = 0
    for first, start in enumerate(taken):
        while last < len(taken) and taken[last] < start + 3_600:
            last += 1
        assert last - first <= 3_600


@given(rate=st.floats(0.1, 1_000), burst=st.floats(1, 50), steps=st.lists(st.floats(0, 5)))
def test_bucket_never_gives_more_than_rate_and_burst(rate, burst, steps):
    now = [0.0]
    bucket = TokenBucket(rate, burst, clock=lambda: now[0])
    taken = 0
    for step in steps:
        now[0] += step
        taken += sum(bucket.try_take() == 0 for _ in range(5))
    assert taken <= rate * now[0] + burst + 1e-3


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Wed, 21 Oct 2026 07:28:10 GMT", 10.0),
        ("Wed, 21 Oct 2026 07:20:00 GMT", None),
        ("-4", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("inf", 3_600.0),
        ("99999", 3_600.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, expected):
    assert retry_after_s(header, now=datetime(2026, 10, 21, 7, 28, tzinfo=UTC)) == expected


def test_backoff_doubles_at_random_up_to_a_minute():
    rng = random.Random(0)
    for tries in range(1, 12):
        full = min(60.0, 0.5 * 2 ** (tries - 1))
        waits = {backoff_s(tries, rng, first_s=0.5) for _ in range(20)}
        assert len(waits) == 20
        assert all(full / 2 <= wait <= full for wait in waits)


def test_breaker_suspects_then_opens_and_a_success_closes_it():
    breaker = Breaker(suspect_after=3, probes=2)
    for _ in range(4):
        breaker.failed()
    assert breaker.suspect
    assert not breaker.open
    assert breaker.pause_s > 0
    breaker.succeeded()
    assert not breaker.suspect
    for _ in range(5):
        breaker.failed()
    assert breaker.open


def test_image_rate_holds_for_the_image_host(make, serve, run):
    server = serve(make(per_tag=20))
    start = time.monotonic()
    run(server, count=16, image_rate=10, concurrency=4)
    for nth, at in enumerate(sorted(server.image_times)):
        assert nth + 1 <= 1.5 + 10 * (at - start)


@pytest.mark.timeout(120)  # where others wait too, none of them lets the clock go
def test_retry_after_holds_for_its_photo_and_no_other(make, serve, run, monkeypatch):
    library = make(per_tag=12, tags=("beach",), common=0)
    slow = min(library.entries, key=int)
    server = serve(library, _OneWaits(slow, others=7))
    monkeypatch.setattr("dataprep.sources.flickr.images.time", server.faults.clock)
    run(server, tags=("beach",), count=8, concurrency=2)
    *_, last = server.faults.asked
    assert server.faults.asked.count(slow) == 2
    assert (len(server.faults.asked), last) == (9, slow)
    first, second = server.faults.times
    assert second - first >= 30


class _OneWaits(Faults):
    """429 with a Retry-After of half a minute for the first request of one photo.

    By the fetch's clock hardly anything passes until so many others were asked for, then 29.9 s at
    once.
    """

    def __init__(self, photo_id, *, others):
        super().__init__(retry_after_s=30)
        self.photo_id, self.others, self.clock = photo_id, others, _Clock()
        self.asked, self.times = [], []

    def draw(self, where, resource):
        if where != "images":
            return ""
        asked = resource.rpartition("/")[2].partition("_")[0]
        self.asked.append(asked)
        if asked == self.photo_id:
            self.times.append(self.clock.monotonic())
            return "429-retry-after" if len(self.times) == 1 else ""
        if len(self.asked) - len(self.times) == self.others:
            self.clock.let_go(29.9)
        return ""


class _Clock:
    """Stands still until it is let go: then so much has passed, and it goes on."""

    def __init__(self):
        self._zero = None

    def let_go(self, passed_s):
        self._zero = time.monotonic() - passed_s

    def monotonic(self):
        return 0.0 if self._zero is None else time.monotonic() - self._zero
