"""Engine that runs tasks on a Ray cluster, an existing or a temporary one."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from colorfiles.errors import ColorfilesError

T = TypeVar("T")
R = TypeVar("R")
_RETRIES = 5  # of a task whose worker or node died
_CONNECT_TIMEOUT_S = 10
_AHEAD = 2  # tasks under way for each core, so that none waits for the driver


class RayEngine:
    """Runs tasks of one core each on Ray, which retries those of a lost worker or node.

    What a task reads and writes must lie where every node can reach them: a shared disk or an
    address. The nodes need this package at the same version.

    Args:
        address: of the cluster's head (``ray://…``, ``host:port`` or ``auto``); None starts a
            temporary one on this machine.
        workers: cores of a cluster made here; None for all.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        self.address = address
        self.workers = workers

    def run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
        """Yield each task with its result, in the order in which they end.

        Raises:
            ColorfilesError: the cluster can't be reached, or a task lost its worker six times.
        """
        import ray  # noqa: PLC0415 - an extra

        ours = not ray.is_initialized()
        if ours:
            self._connect()
        try:
            yield from _run(ray, function, tasks)
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, Exception) else ColorfilesError(str(error)) from None
        except ray.exceptions.RayError as error:
            raise ColorfilesError(
                f"ray: {_first_line(error)}; rerun when the cluster works, what is finished stays"
            ) from None
        finally:
            if ours:
                ray.shutdown()

    def _connect(self) -> None:
        import ray  # noqa: PLC0415 - an extra

        if self.address:
            _refuse_unreachable(self.address)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
        try:
            if self.address:
                ray.init(address=self.address, **quiet)
            else:
                ray.init(address="local", num_cpus=self.workers, include_dashboard=False, **quiet)
        # ConnectionError, RuntimeError, ValueError, gRPC's errors; of a start that takes too long a
        # plain Exception. There is nothing but Ray in the block.
        except Exception as error:
            raise ColorfilesError(
                f"ray: no cluster at {self.address or 'this machine'} ({_first_line(error)})"
            ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _refuse_unreachable(address: str) -> None:
    """Raise ColorfilesError at once if nothing listens; Ray itself waits a minute."""
    host, _, port = address.removeprefix("ray://").partition(":")
    if not port.isdigit():
        return  # auto, local: Ray looks the address up itself
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise ColorfilesError(f"ray: no cluster at {address} ({error.strerror or error})") from None


def _run(ray: Any, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
    shared = ray.put(function)  # palette and settings travel to a node once, not with every task
    call = ray.remote(num_cpus=1, max_retries=_RETRIES)(_call)
    ahead = iter(range(len(tasks)))
    running: dict[Any, int] = {}
    while True:
        cores = int(ray.cluster_resources().get("CPU", 1))
        while len(running) < _AHEAD * cores and (index := next(ahead, None)) is not None:
            running[call.remote(shared, tasks[index])] = index
        if not running:
            return
        for reference in ray.wait(list(running), num_returns=1)[0]:
            index = running.pop(reference)
            yield tasks[index], ray.get(reference)


def _call(function: Callable[[T], R], task: T) -> R:
    return function(task)
