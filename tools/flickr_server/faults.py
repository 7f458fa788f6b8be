"""Injected faults: kinds, rates, and an end after a few tries."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

_ALIKE = ("429", "429-retry-after", "500", "502", "html", "truncated")
API_FAULTS = (*_ALIKE, "hang", "slow", "reset", "code-10", "code-105", "code-201")
IMAGE_FAULTS = (*_ALIKE, "short", "hang", "slow", "reset")


@dataclass
class Faults:
    """Draws a fault for each request, by a seed and the count of requests for that resource.

    Args:
        api: share of API requests that fail, by kind.
        images: share of image requests that fail, by kind.
        in_a_row: a resource fails at most so often in a row, so that five tries suffice.
        retry_after_s: what ``429-retry-after`` asks for.
        hang_s: how long a hanging socket stays silent.
        down: everything fails with 500 while this is set.
    """

    api: dict[str, float] = field(default_factory=dict)
    images: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    in_a_row: int = 3
    retry_after_s: float = 1.0
    hang_s: float = 30.0
    down: bool = False
    injected: Counter[str] = field(default_factory=Counter)
    _failed: Counter[str] = field(default_factory=Counter)
    _requests: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def every(cls, rate: float, **settings: object) -> "Faults":
        """Return faults of all kinds, which together hit ``rate`` of the requests."""
        return cls(
            api=dict.fromkeys(API_FAULTS, rate / len(API_FAULTS)),
            images=dict.fromkeys(IMAGE_FAULTS, rate / len(IMAGE_FAULTS)),
            **settings,  # type: ignore[arg-type]
        )

    def draw(self, where: str, resource: str) -> str:
        """Return the fault for one more request of a resource, or an empty string."""
        rates = self.api if where == "api" else self.images
        with self._lock:
            if self.down:
                return "500"
            self._requests[resource] += 1
            if self._failed[resource] >= self.in_a_row:
                self._failed[resource] = 0
                return ""
            dice = random.Random(f"{self.seed} {resource} {self._requests[resource]}").random()
            for kind, rate in rates.items():
                dice -= rate
                if dice < 0:
                    self._failed[resource] += 1
                    self.injected[f"{where} {kind}"] += 1
                    return kind
            self._failed[resource] = 0
            return ""
