"""Photos kept between two requests: bounded in bytes, forgotten after a while."""

import numpy as np
import pytest

from colorunet.page.limits import Limits
from colorunet.page.refusal import Refusal
from colorunet.page.store import KeptPhoto, PhotoStore


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _photo(size: int) -> KeptPhoto:
    return KeptPhoto(
        name="a.jpg",
        data=b"x" * size,
        size=(4, 4),
        luma=np.zeros((4, 4), np.uint8),
        alpha=None,
        seen_luma=np.zeros((4, 4), np.uint8),
        logits=np.zeros((4, 4, 3), np.float16),
        few_logits=np.zeros((2, 2, 3), np.float16),
    )


def test_ids_are_long_and_differ() -> None:
    ids = {_photo(1).id for _ in range(100)}
    assert len(ids) == 100
    assert min(map(len, ids)) >= 20


def test_the_longest_unused_goes_when_memory_is_full() -> None:
    photos = [_photo(1000) for _ in range(4)]
    store = PhotoStore(Limits(kept_bytes=3 * photos[0].nbytes))
    for photo in photos[:3]:
        store.add(photo)
    store.get(photos[0].id)
    store.add(photos[3])
    with pytest.raises(Refusal, match="no such photo"):
        store.get(photos[1].id)
    assert all(store.get(photos[number].id) for number in (0, 2, 3))
    assert store.nbytes == sum(photos[number].nbytes for number in (0, 2, 3))


def test_what_is_unused_is_forgotten_and_what_is_used_stays() -> None:
    clock = _Clock()
    store = PhotoStore(Limits(kept_s=60), clock)
    used, unused = _photo(1), _photo(1)
    store.add(used)
    store.add(unused)
    clock.now = 50
    store.get(used.id)
    clock.now = 100
    store.forget_unused()
    assert store.get(used.id) is used
    with pytest.raises(Refusal):
        store.get(unused.id)
    store.remove(used.id)
    store.remove(used.id)
    assert (len(store), store.nbytes) == (0, 0)
