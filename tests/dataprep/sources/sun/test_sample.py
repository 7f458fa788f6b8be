"""A sample depends on what was offered, not on when."""

import hashlib
import random

from hypothesis import given
from hypothesis import strategies as st

from dataprep.photos.rows import Photo
from dataprep.sources.sun.sample import ClassSample

# (content, usable): few contents, so that there are many twins
offers = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40)


def photo_of(number: int, content: int, usable: bool) -> Photo:
    reason = "" if usable else "gray"
    return Photo(
        key=f"sun-{number}", source="sun", source_id=str(number), reason=reason,
        status="kept" if usable else "rejected", sha256=f"{content}-{usable}",
    )  # fmt: skip


def by_hand(photos: dict[bytes, Photo], capacity: int) -> tuple[list[str], list[str]]:
    """What the rule says, walked in order of rank over everything."""
    drawn: list[Photo] = []
    rejected: list[str] = []
    for _, photo in sorted(photos.items()):
        if len(drawn) == capacity:
            break
        if photo.status == "kept" and photo.sha256 not in {p.sha256 for p in drawn}:
            drawn.append(photo)
        else:
            rejected.append(photo.key)
    return [photo.key for photo in drawn], rejected


@given(offers, st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_order_gives_what_walking_by_rank_gives(
    content: list[tuple[int, bool]], capacity: int, rng: random.Random
) -> None:
    photos = {
        hashlib.sha256(str(number).encode()).digest(): photo_of(number, *each)
        for number, each in enumerate(content)
    }
    sample = ClassSample(capacity)
    held: set[str] = set()
    for rank, photo in rng.sample(sorted(photos.items()), len(photos)):
        if sample.wants(rank):
            out = {other.key for other in sample.offer(rank, photo)}
            held = (held | {photo.key}) - out
        assert len(held) <= capacity
    drawn, rejected = by_hand(photos, capacity)
    assert [photo.key for photo in sample.photos()] == drawn
    assert [photo.key for photo in sample.rejects()] == rejected
    assert held == set(drawn)
    assert all(photo.reason for photo in sample.rejects())
