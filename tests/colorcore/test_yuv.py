"""colorcore.yuv against hand-worked examples, scikit-image and itself."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.color import rgb2yuv

from colorcore import U_MAX, V_MAX, rgb_to_yuv, yuv_to_rgb

_UNIT = st.floats(0, 1, width=64)
_RGB = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.just(3)), elements=_UNIT)


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [  # ITU-R BT.601: Y = 0.299 R + 0.587 G + 0.114 B, U = 0.436 (B-Y)/0.886, V = 0.615 (R-Y)/0.701
        ((1, 1, 1), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((0, 0, 1), (0.114, 0.436, -0.114 * 0.615 / 0.701)),
        ((1, 0, 0), (0.299, -0.299 * 0.436 / 0.886, 0.615)),
        ((0, 1, 0), (0.587, -0.587 * 0.436 / 0.886, -0.587 * 0.615 / 0.701)),
    ],
)
def test_corner_colors_match_the_standard(rgb: tuple, yuv: tuple) -> None:
    assert rgb_to_yuv(np.array(rgb, dtype=float)) == pytest.approx(yuv, abs=1e-12)


def test_agrees_with_scikit_image() -> None:
    rgb = np.random.default_rng(0).random((64, 48, 3))
    # scikit-image rounds the coefficients of its matrix to eight digits or fewer.
    assert np.abs(rgb_to_yuv(rgb) - rgb2yuv(rgb)).max() < 5e-5


def test_every_gray_has_exactly_no_chroma() -> None:
    gray = np.repeat(np.arange(256)[:, None] / 255, 3, axis=1)
    assert (rgb_to_yuv(gray)[:, 1:] == 0).all()


@given(_RGB)
def test_round_trip_gives_the_color_back(rgb: np.ndarray) -> None:
    yuv = rgb_to_yuv(rgb)
    assert np.abs(yuv_to_rgb(yuv, clip=False) - rgb).max() < 1e-12
    assert np.abs(yuv[:, 1]).max() <= U_MAX + 1e-12
    assert np.abs(yuv[:, 2]).max() <= V_MAX + 1e-12


def test_colors_outside_srgb_are_clipped_unless_told_not_to() -> None:
    outside = np.array([0.9, 0.4, 0.6])
    assert yuv_to_rgb(outside).max() == 1
    assert yuv_to_rgb(outside, clip=False).max() > 1


@given(_RGB)
def test_a_batch_equals_a_loop_and_torch_equals_numpy(rgb: np.ndarray) -> None:
    batch = rgb_to_yuv(rgb)
    assert (batch == np.stack([rgb_to_yuv(color) for color in rgb])).all()
    assert np.abs(rgb_to_yuv(torch.asarray(rgb)).numpy() - batch).max() < 1e-15
    assert np.abs(yuv_to_rgb(torch.asarray(batch)).numpy() - yuv_to_rgb(batch)).max() < 1e-15


def test_float32_stays_float32() -> None:
    assert rgb_to_yuv(np.zeros((2, 3), dtype=np.float32)).dtype == np.float32
    assert rgb_to_yuv(torch.zeros(2, 3)).dtype == torch.float32


def test_gradients_are_finite() -> None:
    rgb = torch.rand(5, 3, requires_grad=True)
    yuv_to_rgb(rgb_to_yuv(rgb)).sum().backward()
    assert torch.isfinite(rgb.grad).all()


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("convert", [rgb_to_yuv, yuv_to_rgb])
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.zeros((4, 2)), "last axis of 3"),
        (np.float64(1.0), "last axis of 3"),
        (np.array([0.0, np.nan, 0.0]), "NaN"),
        (np.array([0, 128, 255], dtype=np.uint8), "floating"),
        (torch.tensor([0.0, float("inf"), 0.0]), "NaN or infinity"),
    ],
)
def test_wrong_arguments_are_refused(convert: object, bad: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        convert(bad)
