"""colorcore.histogram: counts that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcore import UvGrid, UvHistogram, uv_of_uint8


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_counts_add_up_whatever_the_parts(seed: int, parts: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (60, 3)).astype(np.uint8)
    grid = UvGrid(21)
    whole = UvHistogram.empty(grid).add(uv_of_uint8(rgb), photos=parts)
    pieces = [
        UvHistogram.empty(grid).add(uv_of_uint8(piece)) for piece in np.array_split(rgb, parts)
    ]
    total = sum(pieces[1:], start=pieces[0])
    assert (total.counts == whole.counts).all()
    assert (total.photos, total.pixels) == (whole.photos, whole.pixels) == (parts, 60)


@pytest.mark.parametrize(("cells", "size"), [(10, 11), (11, 11), (21, 21), (30, 31)])
def test_a_neutral_centered_grid_has_a_cell_at_zero(cells: int, size: int) -> None:
    grid = UvGrid(cells)
    assert grid.size == size
    middle = grid.centers()[int(grid.indices(np.zeros(2)))]
    assert np.abs(middle).max() < 1e-12


def test_the_originals_grid_puts_zero_on_a_corner_of_four_cells() -> None:
    grid = UvGrid(10, neutral_centered=False)
    nearest = np.sort(np.linalg.norm(grid.centers(), axis=1))[:4]
    # Half a cell of 0.09 × 0.13 away: no bin is neutral.
    assert nearest == pytest.approx(np.hypot(0.045, 0.065))


@pytest.mark.parametrize("grid", [UvGrid(10, False), UvGrid(10), UvGrid(31), UvGrid()])
def test_every_cell_holds_its_own_middle(grid: UvGrid) -> None:
    assert (grid.indices(grid.centers()) == np.arange(grid.size**2)).all()


def test_colors_beyond_the_grid_are_clipped_into_its_border() -> None:
    grid = UvGrid(10, False)
    assert grid.indices(np.array([[-9.0, -9.0], [9.0, 9.0]])).tolist() == [0, 99]


@pytest.mark.usefixtures("unchecked_shapes")
def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="2 to 1024"):
        UvGrid(1)
    with pytest.raises(ValueError, match="one grid"):
        _ = UvHistogram.empty(UvGrid(10)) + UvHistogram.empty(UvGrid(11))
    with pytest.raises(ValueError, match="NaN"):
        UvHistogram.empty().add(np.array([[np.nan, 0.0]]))
    with pytest.raises(ValueError, match="counts"):
        UvHistogram(UvGrid(10), np.zeros(3, dtype=np.int64))
    with pytest.raises(ValueError, match="last axis of 3"):
        uv_of_uint8(np.zeros((2, 2), dtype=np.uint8))
