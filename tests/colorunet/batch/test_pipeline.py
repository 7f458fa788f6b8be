"""Stages run side by side; what they give comes in order, within a bounded memory."""

import threading
import time
from collections.abc import Callable

import pytest

from colorunet.batch.pipeline import Stages, pipelined

Claim = Callable[[int], None]


def _stages(
    read: Callable[[int, Claim], int], write: Callable[[int, int], int] = lambda _, x: x
) -> Stages[int, int, int, int]:
    return Stages(read, lambda _, value: value * 10, write, (ValueError,))


def test_results_come_in_order_whatever_takes_how_long() -> None:
    def read(item: int, claim: Claim) -> int:
        claim(1)
        time.sleep(0.002 * (item % 3))
        return item

    got = list(pipelined(range(30), _stages(read), threads=3))
    assert got == [(item, item * 10) for item in range(30)]


def test_one_items_error_is_its_result_and_another_error_ends_all() -> None:
    def read(item: int, claim: Claim) -> int:
        if item == 2:
            raise ValueError("unreadable")
        claim(1)
        return item

    def write(item: int, value: int) -> int:
        if item == 4:
            raise ValueError("unwritable")
        if item == 7:
            raise KeyError("a slip of ours")
        return value

    results = pipelined(range(9), _stages(read, write))
    got = [str(next(results)[1]) for _ in range(7)]
    assert got == ["0", "10", "unreadable", "30", "unwritable", "50", "60"]
    with pytest.raises(KeyError, match="slip"):
        list(results)


def test_items_in_memory_stay_within_the_bound_and_a_huge_one_goes_alone() -> None:
    sizes = [3, 3, 3, 50, 1, 2, 9, 9, 1, 1]
    lock, held, seen = threading.Lock(), dict[int, int](), list[tuple[int, ...]]()

    def read(item: int, claim: Claim) -> int:
        claim(sizes[item])
        with lock:
            held[item] = sizes[item]
            seen.append(tuple(held.values()))
        return item

    def write(item: int, value: int) -> int:
        time.sleep(0.002)
        with lock:
            del held[item]
        return value

    list(pipelined(range(len(sizes)), _stages(read, write), threads=4, memory_bytes=10))
    assert all(sum(some) <= 10 or some == (50,) for some in seen)


def test_a_caller_that_stops_is_let_go() -> None:
    def read(item: int, claim: Claim) -> int:
        claim(6)
        return item

    results = pipelined(range(100), _stages(read), memory_bytes=10)
    assert next(results) == (0, 0)
    results.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith(("read_", "write_"))]


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> object:
        for item in range(1000):
            taken.append(item)
            yield item

    results = pipelined(items(), _stages(lambda item, claim: item), ahead=4)  # type: ignore[arg-type]
    next(results)
    assert len(taken) < 20
    results.close()  # type: ignore[attr-defined]
