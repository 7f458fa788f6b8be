"""Charts that fit any width and any colour scheme: lines and bars.

Shapes are SVG scaled to the available width with constant strokes; text is HTML at the size of the
page's text. Colours are classes of the page's style sheet, light and dark. No library is used:
pygal has 11,000 lines, draws 24 KB where this draws 4 and adds a style to each drawing; matplotlib
has 35 MB, takes a second to load and draws text as outlines in fixed colours; both at one width.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from colorfiles.pages.axes import Axis
from colorfiles.pages.templating import fill

_COLORS = 5  # classes c0 to c4 of the style
_MOST_DOTS = 30  # on a line; of more points none is marked
Points = Sequence[tuple[float, float]]


def line_chart(
    series: Mapping[str, Points],
    *,
    x_label: str,
    tall: bool = False,
    log_x: bool = False,
    band: tuple[float, float] | None = None,
    marker: float | None = None,
) -> Markup:
    """Return a chart of named lines with axes, ticks and a legend; of single points, their figures.

    Args:
        series: (x, y) by name; points that aren't finite are left out.
        x_label: under the axis.
        tall: for a chart that takes a whole row.
        log_x: a logarithmic x axis.
        band: y values between which the background is shaded: the good range;
            infinite where that is open.
        marker: an x value with a dashed line: where one is.
    """
    clean = {
        name: [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
        for name, points in series.items()
    }
    every = [point for points in clean.values() for point in points]
    if not every:
        return Markup('<p class="small">no data</p>')
    if all(len(points) <= 1 for points in clean.values()):
        return _figures(clean, x_label)
    ys = [y for _, y in every] + [y for y in band or () if math.isfinite(y)]
    x_axis = Axis([x for x, _ in every], log=log_x)
    y_axis = Axis(ys, margin=0.06)
    shapes = [_band(band, y_axis)] if band is not None else []
    shapes += [_level(100 - tick.at) for tick in y_axis.ticks()]
    if marker is not None:
        at = x_axis.place(marker)
        shapes.append(Markup('<path class="marker" d="M{:.2f} 0V100"/>').format(at))
    for number, (name, points) in enumerate(clean.items()):
        shapes += _curve(name, points, (x_axis, y_axis), f"c{number % _COLORS}")
    description = "; ".join(
        _points_in_words(name, points, x_label) for name, points in clean.items()
    )
    ticks = (y_axis.ticks(), x_axis.ticks(6 if tall else 4))
    return fill("chart", description, x_label, *ticks, Markup("").join(shapes), list(clean), tall)


def _figures(series: Mapping[str, Points], x_label: str) -> Markup:
    """Return single points as text: a chart of one dot is empty."""
    line = Markup("<p>{}: <b>{:.4g}</b> at {} {:g}</p>")
    return Markup("").join(
        line.format(name, y, x_label, x) for name, points in series.items() for x, y in points
    )


@dataclass(frozen=True)
class Bar:
    """A bar of a row: its length from 0 to 1, its text, its label, its colour if it has one."""

    share: float
    text: str
    name: str = ""
    color: str = ""

    @property
    def percent(self) -> float:
        """The length in per cent of the room."""
        return round(100 * min(max(self.share, 0.0), 1.0), 2)


@dataclass(frozen=True)
class BarRow:
    """Bars under one name."""

    name: str
    bars: tuple[Bar, ...]


def bar_chart(rows: Sequence[BarRow], names: Sequence[str] = ()) -> Markup:
    """Return rows of horizontal bars; ``names`` labels the bars of each row."""
    return fill("bars", rows, names)


def _band(band: tuple[float, float], axis: Axis) -> Markup:
    bottom = axis.place(band[0]) if math.isfinite(band[0]) else 0.0
    top = axis.place(band[1]) if math.isfinite(band[1]) else 100.0
    return Markup('<rect class="band" x="0" y="{:.2f}" width="100" height="{:.2f}"/>').format(
        100 - top, top - bottom
    )


def _level(y: float) -> Markup:
    return Markup('<path class="grid" d="M0 {:.2f}H100"/>').format(y)


def _curve(name: str, points: Points, axes: tuple[Axis, Axis], color: str) -> list[Markup]:
    """Return a line through the points, and where they are few a dot on each, with its numbers."""
    places = [(axes[0].place(x), 100 - axes[1].place(y)) for x, y in points]
    line = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
    parts = [
        Markup('<polyline class="line {}" points="{}"><title>{}</title></polyline>').format(
            color, line, name
        )
    ]
    if len(points) <= _MOST_DOTS:
        # A stroke without length has round ends and isn't stretched: a dot at any width.
        parts += [
            Markup(
                '<path class="dot {}" d="M{:.2f} {:.2f}h0"><title>{} at {:g}: {:.4g}</title></path>'
            ).format(color, left, top, name, x, y)
            for (left, top), (x, y) in zip(places, points, strict=True)
        ]
    return parts


def _points_in_words(name: str, points: Points, x_label: str) -> str:
    if not points:
        return f"{name}: no data"
    (first, start), (last, end) = points[0], points[-1]
    return f"{name}: {start:.4g} at {x_label} {first:g}, {end:.4g} at {x_label} {last:g}"
