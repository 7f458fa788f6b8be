"""Colours are drawn into sRGB toward gray: luma and hue stay."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from colorcore import rgb_to_yuv
from colorunet.coloring.gamut_mapping import compose_rgb


@given(luma=st.floats(0, 1), u=st.floats(-0.436, 0.436), v=st.floats(-0.615, 0.615))
def test_luma_is_kept_whatever_the_chroma(luma: float, u: float, v: float) -> None:
    rgb = compose_rgb(np.array([luma]), np.array([[u, v]]))
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    back = rgb_to_yuv(rgb)[0]
    assert abs(back[0] - luma) < 1e-6
    assert abs(back[1] * v - back[2] * u) < 1e-6  # the direction, so the hue, is the same


def test_colors_inside_srgb_are_left_alone() -> None:
    rgb = np.random.default_rng(0).random((500, 3))
    yuv = rgb_to_yuv(rgb)
    np.testing.assert_allclose(compose_rgb(yuv[:, 0], yuv[:, 1:]), rgb, atol=1e-9)


def test_black_and_white_stay_black_and_white() -> None:
    rgb = compose_rgb(np.array([0.0, 1.0]), np.array([[0.3, -0.2], [0.3, -0.2]]))
    np.testing.assert_allclose(rgb, [[0, 0, 0], [1, 1, 1]])
