"""Metrics in Prometheus's text format: counters, gauges and durations."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

# https://prometheus.io/docs/instrumenting/exposition_formats/
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """Counts and durations of requests by route and status."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(_BOUNDS_S) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests[route, status] += 1
        self._buckets[route][bisect_left(_BOUNDS_S, seconds)] += 1
        self._seconds[route] += seconds

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """Return all metrics as text.

        Args:
            gauges: what else stands there: by name what it is, and its value now.
        """
        lines = [*self._count_lines(), *self._duration_lines()]
        for name, (words, value) in gauges.items():
            lines += _head(name, "gauge", words)
            lines.append(f"colorunet_{name} {value:g}")
        return "\n".join(lines) + "\n"

    def _count_lines(self) -> Iterable[str]:
        yield from _head("requests_total", "counter", "Requests answered, by route and status.")
        for (route, status), count in sorted(self._requests.items()):
            yield f'colorunet_requests_total{{route="{route}",status="{status}"}} {count}'

    def _duration_lines(self) -> Iterable[str]:
        name = "request_seconds"
        yield from _head(name, "histogram", "From a request's headers to the end of its answer.")
        for route, counts in sorted(self._buckets.items()):
            total = 0
            for bound, count in zip((*_BOUNDS_S, "+Inf"), counts, strict=True):
                total += count
                yield f'colorunet_{name}_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'colorunet_{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'colorunet_{name}_count{{route="{route}"}} {total}'


def _head(name: str, kind: str, words: str) -> list[str]:
    return [f"# HELP colorunet_{name} {words}", f"# TYPE colorunet_{name} {kind}"]
