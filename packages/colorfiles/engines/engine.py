"""The interface of an engine."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Runs the tasks of a job somewhere."""

    def run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
        """Yield each task with its result, in the order in which they end.

        Function, tasks and results are sent between processes. An error of a task is raised here.
        A task whose worker dies is repeated by another worker.
        """
