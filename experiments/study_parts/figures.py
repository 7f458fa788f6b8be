"""The study's figures: measures over the ablation steps, quality against cost, and against data."""

import math
from pathlib import Path
from typing import Any

from study_parts.definition import ABLATION_STEP
from study_parts.results import BY_BIN, EntryResults, StudyResults, value_of
from study_parts.work import SETS
from trainer.evaluation.summary import CEILING

_SHOWN = {
    "effective_colors_ratio": "effective colours, of the ceiling",
    "distinct_colors": "distinct colours",
    "colorfulness_ratio": "colourfulness ratio",
    "hue_family_recall": "hue-family recall",
    "auc_balanced": "AuC, class-balanced",
    "macro_recall": "macro recall",
    "ciede2000": "CIEDE2000 (lower is better)",
    "psnr": "PSNR in dB",
}
_COLORS = {"photos": "#1f5fa8", "eval": "#d1671f"}
_LABELS = {"photos": "test photos", "eval": "other photos"}
_QUALITY = {
    "auc_balanced": "AuC, class-balanced",
    "effective_colors_ratio": "effective colours, of the ceiling",
}

_AGAINST_DATA = {
    "hue_family_recall": "hue-family recall",
    "auc_balanced": "AuC, class-balanced",
    "ciede2000": "CIEDE2000 (lower is better)",
    "psnr": "PSNR in dB",
}


def draw_study(results: StudyResults, path: Path) -> None:
    """Draw every measure over the ablation steps, then the baselines.

    A dot is seed 0, its thin bar the 95 % bootstrap interval over photos; where there are several
    seeds, a thick bar spans them. Dashed: what quantising the truth leaves of it.
    """
    from matplotlib.figure import Figure

    ablation, baselines = results.of_kind(ABLATION_STEP), results.of_kind("baseline")
    figure = Figure(figsize=(15, 7.5), layout="constrained")
    for axes, (measure, title) in zip(figure.subplots(2, 4).flat, _SHOWN.items(), strict=True):
        for number, of in enumerate(SETS):
            shift = 0.16 * (number - 0.5)
            places = [place + shift for place in range(len(ablation))]
            points = [_point(entry, of, measure) for entry in ablation]
            axes.plot(places, [point[0] for point in points], color=_COLORS[of], linewidth=1)
            after = [len(ablation) + place + shift for place in range(len(baselines))]
            for place, entry in zip(places + after, [*ablation, *baselines], strict=True):
                _draw_entry(axes, place, entry, of, measure)
            ceiling = value_of(results.references[of].get(CEILING, {}), measure)
            if measure in ("distinct_colors", "colorfulness_ratio") and math.isfinite(ceiling):
                axes.axhline(ceiling, color=_COLORS[of], linestyle="--", linewidth=0.8)
            axes.plot([], [], color=_COLORS[of], marker="o", label=_LABELS[of])
        names = [entry.name for entry in (*ablation, *baselines)]
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
        bins = f", in the bins of {results.common_palette}" if measure in BY_BIN else ""
        axes.set_title(title + bins, fontsize=9)
        axes.axvline(len(ablation) - 0.5, color="#cccccc", linewidth=0.8)
        axes.grid(axis="y", color="#eeeeee")
    figure.axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=130)


def draw_pareto(results: StudyResults, path: Path) -> None:
    """Draw quality against operations and parameters; a bar is the 95 % interval over photos.

    The line joins the entries that none other is better than at no more cost.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    entries = results.of_kind("pareto")
    figure = Figure(figsize=(10, 7.5), layout="constrained")
    grid = figure.subplots(len(_QUALITY), 2)
    costs = {
        "GFLOPs of an image of 256 px, forward": [entry.gflops for entry in entries],
        "parameters in millions": [entry.parameters / 1e6 for entry in entries],
    }
    for row, (measure, title) in zip(grid, _QUALITY.items(), strict=True):
        for axes, (label, values) in zip(row, costs.items(), strict=True):
            for of in SETS:
                heights = [_point(entry, of, measure)[0] for entry in entries]
                front = _front(values, heights)
                axes.plot([x for x, _ in front], [y for _, y in front], color=_COLORS[of])
                axes.plot([], [], color=_COLORS[of], marker="o", label=_LABELS[of])
                for cost, entry in zip(values, entries, strict=True):
                    _draw_entry(axes, cost, entry, of, measure)
            for cost, entry in zip(values, entries, strict=True):
                height = _point(entry, SETS[0], measure)[0]
                if math.isfinite(height):
                    axes.annotate(
                        entry.name, (cost, height), (4, 6), textcoords="offset points", fontsize=8
                    )
            axes.set(xlabel=label, ylabel=title, xscale="log")
            axes.margins(x=0.2)
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_locator(NullLocator())
            axes.grid(color="#eeeeee")
    figure.axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=130)


def draw_curves(results: StudyResults, path: Path) -> None:
    """Draw measures against the number of training photos, of crops seen, and of parameters."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    curves = results.of_kind("curve")
    nets = [
        entry for entry in results.of_kind("pareto") if "architecture=poster" not in entry.settings
    ]
    rows = {
        "training photos": [(e.photos, e) for e in curves if e.axis == "photos"],
        "crops seen": [(e.crops, e) for e in curves if e.axis == "crops"],
        "parameters": [(e.parameters, e) for e in nets],
    }
    rows = {label: sorted(points, key=lambda p: p[0]) for label, points in rows.items() if points}
    figure = Figure(figsize=(15, 3.2 * max(1, len(rows))), layout="constrained")
    grid = figure.subplots(max(1, len(rows)), len(_AGAINST_DATA), squeeze=False)
    for line, (label, points) in zip(grid, rows.items(), strict=False):
        for axes, (measure, title) in zip(line, _AGAINST_DATA.items(), strict=True):
            for of in SETS:
                heights = [_point(entry, of, measure)[0] for _, entry in points]
                places = [place for place, _ in points]
                axes.plot(places, heights, color=_COLORS[of], linewidth=1)
                axes.plot([], [], color=_COLORS[of], marker="o", label=_LABELS[of])
                for place, entry in points:
                    _draw_entry(axes, place, entry, of, measure)
            axes.set(xlabel=label, xscale="log")
            axes.set_xticks(places, [_short(place) for place in places])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_title(title, fontsize=9)
            axes.grid(color="#eeeeee")
    grid[0][0].legend(fontsize=8)
    figure.savefig(path, dpi=130)


def _short(number: int) -> str:
    return f"{number / 1e6:.1f} M" if number >= 1_000_000 else f"{number:,}"


def _front(costs: list[float], heights: list[float]) -> list[tuple[float, float]]:
    """Return the points that no cheaper or equally cheap one reaches the height of."""
    front: list[tuple[float, float]] = []
    for cost, height in sorted(zip(costs, heights, strict=True), key=lambda p: (p[0], -p[1])):
        if math.isfinite(height) and (not front or height > front[-1][1]):
            front.append((cost, height))
    return front


def _draw_entry(axes: Any, place: float, entry: EntryResults, of: str, measure: str) -> None:
    value, low, high = _point(entry, of, measure)
    if not math.isfinite(value):
        return
    axes.plot([place], [value], marker="o", markersize=4, color=_COLORS[of])
    axes.plot([place, place], [low, high], color=_COLORS[of], linewidth=0.9, alpha=0.7)
    if len(entry.seeds) > 1:
        values = [value_of(seed.comparable(of), measure) for seed in entry.seeds]
        axes.plot(
            [place] * 2,
            [min(values), max(values)],
            color=_COLORS[of],
            linewidth=3.5,
            solid_capstyle="butt",
        )


def _point(entry: EntryResults, of: str, measure: str) -> tuple[float, float, float]:
    figures = entry.seeds[0].comparable(of)
    value = value_of(figures, measure)
    options = figures.get(measure, {})
    low, high = options.get("low"), options.get("high")
    return value, value if low is None else low, value if high is None else high
