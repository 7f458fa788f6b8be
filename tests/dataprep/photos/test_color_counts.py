import numpy as np
import pytest
from PIL import Image

from colorcore import Palette, UvGrid, UvHistogram, rgb_table, uv_of_uint8
from dataprep.photos.color_counts import ColorCounts, difference_index, difference_table


@pytest.fixture
def pixels() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)


@pytest.mark.parametrize("grid", [UvGrid(), UvGrid(10, False), UvGrid(11)])
def test_the_histogram_made_from_counts_is_the_one_of_the_pixels(
    pixels: np.ndarray, grid: UvGrid
) -> None:
    direct = UvHistogram.empty(grid).add(uv_of_uint8(pixels))
    ours = ColorCounts.of_images([Image.fromarray(pixels)]).histogram(grid)
    # A colour on the very edge of a cell may round to either side of it.
    assert np.abs(ours.counts - direct.counts).sum() <= 4
    assert (ours.photos, ours.pixels) == (1, 2000)


def test_counts_add_up_exactly(pixels: np.ndarray) -> None:
    whole = ColorCounts.of_images([Image.fromarray(pixels)])
    parts = ColorCounts.of_images([Image.fromarray(pixels[:7])]) + ColorCounts.of_images(
        [Image.fromarray(pixels[7:])]
    )
    assert np.array_equal(whole.counts, parts.counts)
    assert parts.photos == 2


def test_every_uint8_colour_gets_the_bin_that_the_full_table_has(small_palette: Palette) -> None:
    full, ours = rgb_table(small_palette), difference_table(small_palette)
    levels = np.arange(256, dtype=np.uint8)
    for red in range(256):
        plane = np.empty((256, 256, 3), dtype=np.uint8)
        plane[..., 0], plane[..., 1], plane[..., 2] = red, levels[:, None], levels
        result = ours[difference_index(Image.fromarray(plane))]
        assert np.array_equal(result, full[red << 16 : (red + 1) << 16])


def test_an_image_too_large_for_one_piece_of_memory_is_indexed_like_a_small_one() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2100, 2000, 3), dtype=np.uint8)
    large = difference_index(Image.fromarray(pixels))
    small = difference_index(Image.fromarray(pixels[:10]))
    assert np.array_equal(large[: small.size], small)
    assert large.size == 2100 * 2000
