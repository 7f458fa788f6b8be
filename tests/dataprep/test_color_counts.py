import numpy as np
import pytest

from colorcore import UvGrid, UvHistogram, uv_of_uint8
from dataprep.color_counts import ColorCounts


@pytest.fixture
def pixels() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)


@pytest.mark.parametrize("grid", [UvGrid(), UvGrid(10, False), UvGrid(11)])
def test_the_histogram_made_from_counts_is_the_one_of_the_pixels(
    pixels: np.ndarray, grid: UvGrid
) -> None:
    direct = UvHistogram.empty(grid).add(uv_of_uint8(pixels))
    ours = ColorCounts.of_image(pixels).histogram(grid)
    # A colour on the very edge of a cell may round to either side of it.
    assert np.abs(ours.counts - direct.counts).sum() <= 4
    assert (ours.photos, ours.pixels) == (1, 2000)


def test_counts_add_up_exactly(pixels: np.ndarray) -> None:
    whole = ColorCounts.of_image(pixels)
    parts = ColorCounts.of_image(pixels[:7]) + ColorCounts.of_image(pixels[7:])
    assert np.array_equal(whole.counts, parts.counts)
    assert parts.photos == 2
