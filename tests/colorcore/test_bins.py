"""colorcore.bins: the nearest centre, exactly."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import cKDTree

from colorcore import Palette, bins_to_uv, rgb_table, rgb_to_yuv, uv_to_bins

_UV = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 9), st.just(2)), elements=st.floats(-0.65, 0.65)
)


def test_nearest_centers_agree_with_scipy(palette: Palette) -> None:
    uv = np.random.default_rng(1).uniform(-0.6, 0.6, (20_000, 2))
    distance, index = cKDTree(palette.centers).query(uv)
    bins = uv_to_bins(uv, palette)
    own = np.linalg.norm(uv - palette.centers[bins], axis=1)
    assert np.abs(own - distance).max() < 1e-12
    assert (bins == index).mean() > 0.9999  # a tie may fall otherwise there


@given(_UV)
def test_a_batch_equals_a_loop_and_torch_equals_numpy(uv: np.ndarray) -> None:
    palette = Palette(centers=np.array([[0, 0], [0.2, 0.1], [-0.2, 0.3]]), prior=np.full(3, 1 / 3))
    batch = uv_to_bins(uv, palette)
    assert (batch == [int(uv_to_bins(color, palette)) for color in uv]).all()
    assert (uv_to_bins(torch.asarray(uv), palette).numpy() == batch).all()


def test_a_tie_goes_to_the_lower_index() -> None:
    # (0, 0) lies on the corner of four cells of an even grid: the original's palette.
    corners = np.array([[0.045, 0.065], [0.045, -0.065], [-0.045, 0.065], [-0.045, -0.065]])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        palette = Palette(centers=corners[order], prior=np.full(4, 0.25))
        assert int(uv_to_bins(np.zeros(2), palette)) == 0
        assert rgb_table(palette)[[0, 0x808080, 0xFFFFFF]].tolist() == [0, 0, 0]


def test_any_shape_comes_back_with_its_own_shape(palettes: dict[str, Palette]) -> None:
    uv = np.zeros((3, 0, 5, 2))
    assert uv_to_bins(uv, palettes["k-means"]).shape == (3, 0, 5)
    assert bins_to_uv(np.zeros((4, 6), dtype=np.uint8), palettes["k-means"]).shape == (4, 6, 2)


@pytest.mark.slow
def test_the_table_equals_brute_force_on_all_16_777_216_colors(palettes: dict) -> None:
    green, blue = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    for palette in (palettes["k-means"], palettes["even grid 10"]):
        table = rgb_table(palette).reshape(256, 256, 256)
        for red in range(256):
            rgb = np.stack((np.full_like(green, red), green, blue), axis=-1) / 255
            assert (uv_to_bins(rgb_to_yuv(rgb)[..., 1:], palette) == table[red]).all()


def test_the_table_equals_brute_force_on_a_sample_for_every_palette(
    palette: Palette, palettes: dict
) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (50_000, 3))
    index = rgb @ np.array([65536, 256, 1])
    for each in (palette, *palettes.values()):
        bins = uv_to_bins(rgb_to_yuv(rgb / 255)[:, 1:], each)
        assert (rgb_table(each)[index] == bins).all()


def test_centers_come_back_from_their_own_bins(palette: Palette) -> None:
    ids = np.arange(palette.n)
    assert (uv_to_bins(bins_to_uv(ids, palette), palette) == ids).all()
    assert (bins_to_uv(torch.asarray(ids), palette).numpy() == palette.centers).all()


@pytest.mark.usefixtures("unchecked_shapes")
def test_wrong_arguments_are_refused(palettes: dict[str, Palette]) -> None:
    palette = palettes["k-means"]
    with pytest.raises(ValueError, match="last axis of 2"):
        uv_to_bins(np.zeros((4, 3)), palette)
    with pytest.raises(ValueError, match="NaN"):
        uv_to_bins(np.array([np.nan, 0.0]), palette)
    with pytest.raises(ValueError, match="floating"):
        uv_to_bins(np.array([1, 2]), palette)
    with pytest.raises(ValueError, match="from 0 to 31"):
        bins_to_uv(np.array([255]), palette)
