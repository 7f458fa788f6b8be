"""Small drawings by hand: line charts, bars, hue wheels. SVG texts, nothing else needed."""

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from colorcore import yuv_to_rgb

LINE_COLORS = ("#2458d0", "#d0602a", "#2a9a5c", "#8a4bc0", "#8a8a94")
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 10, 30
_TEXT = 'font-family="system-ui, sans-serif" font-size="11" fill="#6a6a75"'

_MOST_DOTS = 30  # on a line; of more points none is marked
Points = Sequence[tuple[float, float]]


def line_chart(
    series: Mapping[str, Points],
    *,
    x_label: str,
    size: tuple[int, int] = (340, 200),
    log_x: bool = False,
    band: tuple[float, float] | None = None,
    marker: float | None = None,
) -> str:
    """Return a chart of named lines with axes, ticks and a legend.

    Args:
        series: (x, y) by name; points that aren't finite are left out.
        x_label: under the axis.
        size: width and height in pixels.
        log_x: a logarithmic x axis.
        band: y values between which the background is shaded: where one wants to be;
            infinite where that is open.
        marker: an x value with a dashed line: where one is.
    """
    clean = {
        name: [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
        for name, points in series.items()
    }
    every = [point for points in clean.values() for point in points]
    if not every:
        return f'<svg width="{size[0]}" height="40"><text x="4" y="20" {_TEXT}>no data</text></svg>'
    ys = [y for _, y in every] + [y for y in band or () if math.isfinite(y)]
    x_axis = _Axis([x for x, _ in every], _LEFT, size[0] - _RIGHT, log=log_x)
    y_axis = _Axis(ys, size[1] - _BOTTOM, _TOP, padded=True)
    parts = [_open(size)]
    if band is not None:
        top = y_axis.place(band[1]) if math.isfinite(band[1]) else _TOP
        bottom = y_axis.place(band[0]) if math.isfinite(band[0]) else size[1] - _BOTTOM
        parts.append(
            f'<rect x="{_LEFT}" y="{top:.1f}" width="{size[0] - _LEFT - _RIGHT}" '
            f'height="{bottom - top:.1f}" fill="#e9f5ec"/>'
        )
    parts += _grid(x_axis, y_axis, size, x_label)
    if marker is not None:
        x = x_axis.place(marker)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{size[1] - _BOTTOM}" '
            'stroke="#8a8a94" stroke-dasharray="3 3"/>'
        )
    for color, (name, points) in zip(_cycled(len(clean)), clean.items(), strict=True):
        parts += _curve(name, points, (x_axis, y_axis), color)
    return "".join(parts) + "</svg>" + (_legend(list(clean)) if len(clean) > 1 else "")


def _curve(name: str, points: Points, axes: tuple["_Axis", "_Axis"], color: str) -> list[str]:
    """Return a line through the points, and where they are few a dot on each, with its numbers."""
    places = [(axes[0].place(x), axes[1].place(y)) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = [
        f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.8">'
        f"<title>{escape(name)}</title></polyline>"
    ]
    if len(points) <= _MOST_DOTS:
        parts += [
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="2.4" '
            f'fill="{color}"><title>{escape(name)} {x:g}: {y:.4g}</title></circle>'
            for (left, top), (x, y) in zip(places, points, strict=True)
        ]
    return parts


def bars(
    groups: Mapping[str, Sequence[float | None]],
    names: Sequence[str],
    *,
    size: tuple[int, int] = (520, 200),
) -> str:
    """Return groups of bars from 0 to 1; one color a name."""
    parts = [_open(size)]
    y_axis = _Axis([0.0, 1.0], size[1] - _BOTTOM, _TOP)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        y = y_axis.place(tick)
        parts.append(_line(_LEFT, size[0] - _RIGHT, y))
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{tick}</text>'
        )
    step = (size[0] - _LEFT - _RIGHT) / max(len(groups), 1)
    width = 0.7 * step / max(len(names), 1)
    for number, (group, values) in enumerate(groups.items()):
        left = _LEFT + number * step + 0.15 * step
        for index, value in enumerate(values):
            top = y_axis.place(min(max(value or 0.0, 0.0), 1.0))
            shown = "–" if value is None else f"{value:.2f}"
            parts.append(
                f'<rect x="{left + index * width:.1f}" y="{top:.1f}" width="{width - 1:.1f}" '
                f'height="{size[1] - _BOTTOM - top:.1f}" fill="{LINE_COLORS[index]}">'
                f"<title>{escape(group)}, {escape(names[index])}: {shown}</title></rect>"
            )
        middle = left + 0.35 * step
        parts.append(
            f'<text x="{middle:.1f}" y="{size[1] - 12}" text-anchor="middle" {_TEXT}>'
            f"{escape(group)}</text>"
        )
    return "".join(parts) + "</svg>" + _legend(names)


def wheel(counts: np.ndarray, *, largest: float, edge_px: int = 220) -> str:
    """Return a hue wheel: the area of each sector shows its share, its color is its hue.

    Args:
        counts: pixels per sector, the first beginning at the angle −π of (U, V).
        largest: the share that reaches the rim, so that two wheels can be compared.
        edge_px: width and height.
    """
    center, rim = edge_px / 2, edge_px / 2 - 4
    total = max(float(counts.sum()), 1.0)
    step = 2 * math.pi / len(counts)
    parts = [_open((edge_px, edge_px))]
    for share in (1.0, 0.25):
        radius = rim * math.sqrt(share)
        parts.append(
            f'<circle cx="{center}" cy="{center}" r="{radius:.1f}" fill="none" stroke="#e2e2e8"/>'
        )
    for number, count in enumerate(counts):
        radius = rim * math.sqrt(min(float(count) / total / largest, 1.0)) if largest > 0 else 0.0
        start = -math.pi + number * step
        points = [
            (center + radius * math.cos(angle), center - radius * math.sin(angle))
            for angle in np.linspace(start, start + step, 5)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(center, center), *points])
        color = _hue_color(start + step / 2)
        parts.append(
            f'<polygon points="{path}" fill="{color}">'
            f"<title>{100 * float(count) / total:.1f} %</title></polygon>"
        )
    return "".join(parts) + "</svg>"


class _Axis:
    """Places numbers on a stretch of pixels and knows round ticks."""

    def __init__(
        self,
        values: Sequence[float],
        start_px: float,
        end_px: float,
        *,
        log: bool = False,
        padded: bool = False,
    ) -> None:
        self._log = log
        low, high = min(values), max(values)
        if log:
            low, high = math.log10(max(low, 1e-12)), math.log10(max(high, 1e-12))
        if high - low < 1e-9:
            low, high = low - (abs(low) or 1) * 0.1, high + (abs(high) or 1) * 0.1
        margin = 0.06 * (high - low) if padded else 0.0
        self._low, self._high = low - margin, high + margin
        self._start, self._end = start_px, end_px

    def place(self, value: float) -> float:
        """Return the pixel of a number."""
        at = math.log10(max(value, 1e-12)) if self._log else value
        share = (at - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        """Return about four round numbers in range."""
        if self._log:
            whole = range(math.ceil(self._low - 1e-9), math.floor(self._high + 1e-9) + 1)
            return [10.0**power for power in whole]
        rough = (self._high - self._low) / 4
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
        first = math.ceil(self._low / step - 1e-9)
        count = math.floor(self._high / step + 1e-9) - first + 1
        return [(first + i) * step for i in range(count)]


def _grid(x_axis: _Axis, y_axis: _Axis, size: tuple[int, int], x_label: str) -> list[str]:
    parts = []
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        parts.append(_line(_LEFT, size[0] - _RIGHT, y))
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{tick:.6g}</text>'
        )
    for tick in x_axis.ticks():
        x = x_axis.place(tick)
        parts.append(
            f'<text x="{x:.1f}" y="{size[1] - 16}" text-anchor="middle" {_TEXT}>{tick:.6g}</text>'
        )
    middle = (_LEFT + size[0] - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:.1f}" y="{size[1] - 3}" text-anchor="middle" {_TEXT}>'
        f"{escape(x_label)}</text>"
    )
    return parts


def _open(size: tuple[int, int]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" role="img">'
    )


def _line(left: float, right: float, y: float) -> str:
    return f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eeeef2"/>'


def _legend(names: Sequence[str]) -> str:
    entries = "".join(
        f'<span style="color:{color}">&#9632;</span> {escape(name)}&ensp;'
        for color, name in zip(_cycled(len(names)), names, strict=True)
    )
    return f'<div class="small">{entries}</div>'


def _cycled(count: int) -> list[str]:
    return [LINE_COLORS[i % len(LINE_COLORS)] for i in range(count)]


def _hue_color(angle: float) -> str:
    uv = 0.22 * np.array([math.cos(angle), math.sin(angle)])
    rgb = np.round(255 * yuv_to_rgb(np.array([0.55, *uv]))).astype(int)
    return "#" + "".join(f"{channel:02x}" for channel in rgb)
