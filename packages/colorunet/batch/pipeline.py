"""Pipeline of reading, working and writing, in order and within a memory bound."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")
Worked = TypeVar("Worked")
Done = TypeVar("Done")
Claim = Callable[[int], None]


@dataclass(frozen=True)
class Stages(Generic[Item, Read, Worked, Done]):
    """The three stages of an item.

    Args:
        read: runs in reader threads; calls its second argument once with the bytes that the item
            takes until it is written, which blocks until they are available.
        work: runs in the caller's thread.
        write: runs in writer threads.
        expected: errors of one item, which don't stop the others.
    """

    read: Callable[[Item, Claim], Read]
    work: Callable[[Item, Read], Worked]
    write: Callable[[Item, Worked], Done]
    expected: tuple[type[Exception], ...]


def pipelined(
    items: Iterable[Item],
    stages: Stages[Item, Read, Worked, Done],
    *,
    threads: int = 2,
    ahead: int = 8,
    memory_bytes: int = 3 << 28,
) -> Iterator[tuple[Item, Done | Exception]]:
    """Yield each item with the result of its writing, or its error, in order.

    Args:
        items: consumed lazily.
        stages: of each item.
        threads: number of readers, and of writers.
        ahead: most items that wait between two stages.
        memory_bytes: bound on the items in the pipeline; a larger one runs alone.
    """
    room = _Room(memory_bytes)
    numbered = enumerate(items)
    reads: deque[tuple[int, Item, Future[Read]]] = deque()
    writes: deque[tuple[Item, Future[Done]]] = deque()
    with (
        ThreadPoolExecutor(threads, "read") as readers,
        ThreadPoolExecutor(threads, "write") as writers,
    ):

        def read_ahead() -> None:
            for turn, item in islice(numbered, ahead - len(reads)):
                reads.append((turn, item, readers.submit(_read, room, stages, turn, item)))

        try:
            read_ahead()
            while reads:
                turn, item, reading = reads.popleft()
                try:
                    worked = stages.work(item, reading.result())
                except stages.expected as error:
                    room.leave(turn)
                    writes.append((item, _failed(error)))
                else:
                    writes.append((item, writers.submit(_write, room, stages, turn, item, worked)))
                    del worked
                del reading  # it holds what was read
                read_ahead()
                while writes and (writes[0][1].done() or len(writes) > ahead):
                    item, writing = writes.popleft()
                    outcome = _outcome(writing, stages.expected)
                    yield item, outcome
            while writes:
                item, writing = writes.popleft()
                outcome = _outcome(writing, stages.expected)
                yield item, outcome
        finally:
            room.close()
            for _, _, reading in reads:
                reading.cancel()


class _Room:
    """Memory shared by items, which enter in order, so that a later one can't block an earlier."""

    def __init__(self, memory_bytes: int) -> None:
        self._free = threading.Condition()
        self._most = memory_bytes
        self._held: dict[int, int] = {}
        self._turn = 0
        self._closed = False

    def enter(self, turn: int, size: int) -> None:
        with self._free:
            self._free.wait_for(lambda: self._closed or (turn == self._turn and self._fits(size)))
            if self._closed:
                raise RuntimeError("stopped")
            self._held[turn] = size
            self._turn += 1
            self._free.notify_all()

    def leave(self, turn: int) -> None:
        with self._free:
            self._held.pop(turn, None)
            self._free.notify_all()

    def close(self) -> None:
        with self._free:
            self._closed = True
            self._free.notify_all()

    def _fits(self, size: int) -> bool:
        used = sum(self._held.values())
        return used == 0 or used + size <= self._most


def _read(room: _Room, stages: Stages[Item, Read, Worked, Done], turn: int, item: Item) -> Read:
    is_in = False

    def claim(size: int) -> None:
        nonlocal is_in
        is_in = True
        room.enter(turn, size)

    try:
        return stages.read(item, claim)
    finally:
        if not is_in:
            room.enter(turn, 0)


def _write(
    room: _Room, stages: Stages[Item, Read, Worked, Done], turn: int, item: Item, worked: Worked
) -> Done:
    try:
        return stages.write(item, worked)
    finally:
        room.leave(turn)


def _outcome(writing: Future[Done], expected: tuple[type[Exception], ...]) -> Done | Exception:
    """Wait for a result; an expected error is returned."""
    try:
        return writing.result()
    except expected as error:
        return error


def _failed(error: Exception) -> Future[Done]:
    future: Future[Done] = Future()
    future.set_exception(error)
    return future
