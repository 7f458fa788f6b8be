"""colorcore.palette_fit: palettes learnt from counts."""

import numpy as np
import pytest

from colorcore import (
    Palette,
    UvGrid,
    UvHistogram,
    bins_to_uv,
    grid_palette,
    kmeans_palette,
    uv_of_uint8,
    uv_to_bins,
)


def test_a_grid_palette_keeps_the_fullest_cells() -> None:
    grid = UvGrid(11)
    counts = np.zeros(121, dtype=np.int64)
    counts[[60, 3, 77, 12]] = [500, 300, 40, 9]
    palette = grid_palette(UvHistogram(grid, counts, photos=2), 3)
    assert palette.centers == pytest.approx(grid.centers()[[60, 3, 77]])
    # The nine pixels of the dropped cell have bin 3 as their nearest centre.
    assert palette.prior.tolist() == pytest.approx([500 / 849, 309 / 849, 40 / 849])
    assert (palette.photos, palette.pixels, palette.method) == (2, 849, "grid")


def test_kmeans_keeps_one_bin_neutral_and_orders_the_rest(palette: Palette) -> None:
    assert (palette.centers[0] == 0).all()
    assert (np.diff(palette.prior[1:]) <= 0).all()
    assert palette.prior.sum() == pytest.approx(1)


def test_kmeans_finds_clusters_that_are_there() -> None:
    truth = np.array([[0.0, 0.0], [0.2, -0.2], [-0.25, 0.3], [0.1, 0.4]])
    rng = np.random.default_rng(3)
    uv = np.concatenate([center + rng.normal(0, 0.005, (500, 2)) for center in truth])
    result = kmeans_palette(UvHistogram.empty().add(uv), 4).centers
    distance = np.linalg.norm(result[:, None] - truth[None], axis=-1)
    assert distance.min(axis=0).max() < 0.005


def test_the_same_seed_gives_the_same_palette(histogram: UvHistogram) -> None:
    assert kmeans_palette(histogram, 16, seed=4) == kmeans_palette(histogram, 16, seed=4)


def test_the_prior_is_the_share_of_labels(colors: np.ndarray, palettes: dict) -> None:
    uv = uv_of_uint8(colors)
    palette = palettes["k-means"]
    share = np.bincount(uv_to_bins(uv, palette), minlength=32) / len(uv)
    # The fine grid rounds a colour by less than a level, which moves few pixels over a border.
    assert np.abs(share - palette.prior).max() < 0.005


def test_emphasis_below_one_gives_rare_colors_more_bins(histogram: UvHistogram) -> None:
    spread = [
        np.linalg.norm(kmeans_palette(histogram, 32, emphasis=e).centers, axis=1).mean()
        for e in (1.0, 0.5)
    ]
    assert spread[1] > spread[0]


def test_kmeans_is_closer_to_the_colors_than_the_originals_grid(
    colors: np.ndarray, palettes: dict
) -> None:
    uv = uv_of_uint8(colors)
    error = {
        name: float(np.mean((bins_to_uv(uv_to_bins(uv, p), p) - uv) ** 2))
        for name, p in palettes.items()
    }
    assert min(error, key=error.get) == "k-means"


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("fit", [grid_palette, kmeans_palette])
def test_what_cannot_give_a_palette_is_refused(fit: object, histogram: UvHistogram) -> None:
    with pytest.raises(ValueError, match="empty"):
        fit(UvHistogram.empty(), 32)
    two_colors = UvHistogram.empty().add(np.array([[0.0, 0.0], [0.3, 0.3]]))
    with pytest.raises(ValueError, match="at least 3 cells"):
        fit(two_colors, 3)
    for n in (0, 1, 256):
        with pytest.raises(ValueError, match="2 to 255"):
            fit(histogram, n)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("emphasis", [0, -1, 1.5, float("nan")])
def test_emphasis_out_of_range_is_refused(emphasis: float, histogram: UvHistogram) -> None:
    with pytest.raises(ValueError, match="emphasis"):
        kmeans_palette(histogram, 8, emphasis=emphasis)
