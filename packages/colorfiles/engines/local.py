"""Engine that runs tasks in processes on this machine."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for_end
from multiprocessing.context import SpawnContext, SpawnProcess
from types import FrameType
from typing import TypeVar

from colorfiles.errors import ColorfilesError

T = TypeVar("T")
R = TypeVar("R")
_TRIES = 3  # pools in a row that may die without finishing a task


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_share_locks() -> bool:
    """Whether processes can share locks, which lie in /dev/shm; says on stderr where not."""
    try:
        multiprocessing.get_context("spawn").Lock()
    except (OSError, ImportError) as error:
        print(f"one process works alone: no locks between processes ({error})", file=sys.stderr)
        return False
    return True


class _Worker(SpawnProcess):
    """Worker process that ends with one line, not a traceback, if it can't receive a task.

    Errors of the tasks themselves are sent to the parent; what arrives here is a module or a task
    that no memory was left to load.
    """

    def run(self) -> None:
        """Run tasks until the parent sends no more."""
        try:
            super().run()
        # MemoryError, ImportError, or what a module raises that is loaded without enough memory.
        except Exception as error:
            print(f"worker process: {type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)


class _Context(SpawnContext):
    Process = _Worker


class LocalEngine:
    """Runs tasks in worker processes, or in this process if one worker is enough.

    If a worker dies (killed, out of memory), a new pool runs the tasks that are left. Where
    processes can't share locks, this process runs all tasks, with a message on stderr.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()

    def run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
        """Yield each task with its result, in the order in which they end.

        Raises:
            ColorfilesError: workers died three times without finishing a task in between.
        """
        if self.workers == 1 or len(tasks) <= 1 or not can_share_locks():
            for task in tasks:
                yield task, function(task)
            return
        waiting, fruitless = list(range(len(tasks))), 0
        while waiting:
            done: set[int] = set()
            try:
                for index, result in self._run_pool(function, tasks, waiting):
                    done.add(index)
                    yield tasks[index], result
            except BrokenProcessPool:
                fruitless = 0 if done else fruitless + 1
                if fruitless == _TRIES:
                    raise ColorfilesError(
                        f"worker processes died {_TRIES} times (out of memory or threads?); rerun "
                        "with fewer --workers; what is finished stays"
                    ) from None
            waiting = [index for index in waiting if index not in done]

    def _run_pool(
        self, function: Callable[[T], R], tasks: Sequence[T], waiting: Sequence[int]
    ) -> Iterator[tuple[int, R]]:
        pool = ProcessPoolExecutor(
            min(self.workers, len(waiting)),
            mp_context=_Context(),
            initializer=_end_with_parent,
        )
        try:
            # A few tasks ahead of the workers are enough, and keep the queue small.
            ahead = iter(waiting)
            running: dict[Future[R], int] = {}

            def submit_next() -> None:
                if (index := next(ahead, None)) is not None:
                    with _deferred_ctrl_c():  # workers are started here
                        running[pool.submit(function, tasks[index])] = index

            for _ in range(2 * self.workers):
                submit_next()
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    index = running.pop(future)
                    yield index, future.result()
                    submit_next()
        except (KeyboardInterrupt, GeneratorExit):
            for worker in multiprocessing.active_children():
                worker.terminate()  # a shard takes minutes, and a half-written one has no name yet
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _deferred_ctrl_c() -> Iterator[None]:
    """Defer Ctrl-C to the end of the block, and block it in processes that are started inside.

    A terminal sends SIGINT to all processes of the command. Workers inherit the signal mask of the
    thread that starts them, so only this process handles it. The mask doesn't cover other threads,
    where the signal would interrupt the start of a worker; the handler is therefore replaced, too.
    """
    arrived: list[tuple[int, FrameType | None]] = []
    in_main = threading.current_thread() is threading.main_thread()  # others run no handlers
    handler = in_main and signal.signal(signal.SIGINT, lambda *call: arrived.append(call))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if in_main:
            signal.signal(signal.SIGINT, handler)
        if arrived and callable(handler):
            handler(*arrived[0])


def _end_with_parent() -> None:
    """Exit when the parent process ends: a killed command must not go on writing."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this runs in workers only
    sentinel = parent.sentinel

    def watch() -> None:
        wait_for_end([sentinel])
        os._exit(1)

    try:
        threading.Thread(target=watch, daemon=True).start()
    except RuntimeError:  # no more threads: the parent reports it
        os._exit(1)
