"""Reading ``metrics.jsonl`` of a run."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from colorfiles.outside.files import open_regular
from trainer.config.measure_names import with_present_names

Line = Mapping[str, Any]
METRICS = "metrics.jsonl"
_MOST_BYTES = 1 << 30
_LONGEST = 1 << 16


def read_metrics(run: Path) -> list[Line]:
    """Return the lines of the log without a truncated last one; none without a log."""
    path = run / METRICS
    lines: list[Line] = []
    for text in log_lines(path):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict) and isinstance(line.get("step"), int):
            lines.append(with_present_names(line))
    return lines


def log_lines(path: Path) -> list[str]:
    """Return the lines of a log within the size limit; none without a log."""
    if not path.exists():
        return []
    with open_regular(path, within=path.parent) as file:
        data = file.read(_MOST_BYTES)
    return [line for line in data.decode(errors="replace").splitlines() if len(line) < _LONGEST]


def series(lines: Sequence[Line], name: str, *, by: str = "step") -> list[tuple[float, float]]:
    """Return (step, value) of every line with a finite value."""
    points = [
        (float(line[by]), float(line[name]))
        for line in lines
        if isinstance(line.get(name), int | float) and isinstance(line.get(by), int | float)
    ]
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def smoothed(points: Sequence[tuple[float, float]], most: int = 200) -> list[tuple[float, float]]:
    """Return at most ``most`` points, each the mean of its neighbours in time."""
    if len(points) <= most:
        return list(points)
    edges = [round(i * len(points) / most) for i in range(most + 1)]
    groups = [points[a:b] for a, b in itertools.pairwise(edges)]
    return [(sum(x for x, _ in g) / len(g), sum(y for _, y in g) / len(g)) for g in groups if g]
