"""Charts are well formed whatever the numbers, and say in words what they draw."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from colorcore import Palette
from colorfiles.pages.axes import Axis
from colorfiles.pages.charts import Bar, BarRow, bar_chart, line_chart
from colorfiles.pages.hues import color_code, color_names, plane, wheel


def _well_formed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{drawing}</div>")


@pytest.mark.parametrize(
    "points", [[(0.0, 1.0)], [(1.0, 2.0), (2.0, 2.0)], [(1.0, float("nan"))], []]
)
def test_lines_are_well_formed_for_awkward_numbers(points: list[tuple[float, float]]) -> None:
    _well_formed(line_chart({"a & b": points}, x_label="<step>"))


def test_every_part_of_a_chart_is_well_formed() -> None:
    band = (0.5, math.inf)
    drawing = line_chart(
        {"t": [(0.01, 1.0), (1.0, 2.0)], "<u>": [(0.1, 1.5)]},
        x_label="T",
        log_x=True,
        band=band,
        marker=0.38,
    )
    _well_formed(drawing)
    assert drawing.count('class="dot') == 3
    assert "t: 1 at T 0.01, 2 at T 1" in drawing  # for who can't see it
    rows = [BarRow("red", (Bar(0.5, "0.50", "a"), Bar(1.4, "1.4", "b"))), BarRow("<blue>", ())]
    bars = bar_chart(rows, ("a", "b"))
    _well_formed(bars)
    assert "width:100.0%" in bars
    _well_formed(wheel(np.zeros(36), largest=0.0))
    _well_formed(wheel(np.arange(36), largest=0.1))


def test_a_shape_lies_where_its_number_is() -> None:
    axis = Axis([0.0, 10.0])
    assert [axis.place(x) for x in (0.0, 5.0, 10.0)] == [0.0, 50.0, 100.0]
    assert [(tick.at, tick.text) for tick in axis.ticks()] == [(0, "0"), (50, "5"), (100, "10")]
    log = Axis([0.1, 1.0], log=True)
    assert [tick.text for tick in log.ticks()] == ["0.1", "0.2", "0.5", "1"]
    assert [tick.text for tick in Axis([1e-3, 1e3], log=True).ticks()][1:3] == ["0.01", "0.1"]
    assert [tick.text for tick in Axis([0, 40_000]).ticks()] == ["0", "10k", "20k", "30k", "40k"]


def test_a_band_reaches_from_its_low_end_to_the_top_where_it_is_open() -> None:
    drawing = line_chart({"a": [(0, 0.0), (1, 1.0)]}, x_label="x", band=(0.5, math.inf))
    assert '<rect class="band" x="0" y="0.00" width="100" height="50.00"/>' in drawing


def test_bins_are_told_by_names_that_differ() -> None:
    centers = np.array([[0.0, 0.0], [0.01, 0.0], [-0.05, 0.05], [-0.12, 0.5], [0.3, -0.1]])
    palette = Palette(centers=centers, prior=np.full(5, 0.2))
    names = color_names(palette)
    assert names == ["gray 1", "gray 2", "muted orange", "vivid red", "vivid cyan-blue"]
    assert color_code(np.array([0.0, 0.0])) == "#8c8c8c"
    drawing = plane(palette, [0.5, 0.5, 0, 0, 0])
    assert _well_formed(drawing)[0].get("role") == "img"
    assert "vivid red: 0.00 %" in drawing


def test_of_single_points_the_figures_are_told_and_nothing_is_drawn() -> None:
    told = line_chart({"loss <a>": [(20.0, 3.25)], "b": []}, x_label="step")
    assert "<svg" not in told
    assert "loss &lt;a&gt;: <b>3.25</b> at step 20" in told
