"""What a run wrote into ``metrics.jsonl``."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]
METRICS = "metrics.jsonl"


def read_metrics(run: Path) -> list[Line]:
    """Return the lines of the log; a line that a kill cut short is left out, no log is no lines."""
    path = run / METRICS
    lines: list[Line] = []
    for text in path.read_text().splitlines() if path.exists() else []:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("step"), int):
            lines.append(line)
    return lines


def series(lines: Sequence[Line], name: str, *, by: str = "step") -> list[tuple[float, float]]:
    """Return (step, value) of every line that has the value, as finite numbers."""
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
