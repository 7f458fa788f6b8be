"""Warmth moves colours one way, vividness is a temperature in plain words."""

import numpy as np
import pytest

from colorunet.coloring.composing import ColoredImage
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.toning import Toning, as_vivid


def _rgb(warmth: float, level: int = 128) -> np.ndarray:
    luma = np.full((4, 4), level, np.uint8)
    uv = Toning(warmth).warmed(np.zeros((4, 4, 2), np.float32))
    return next(ColoredImage(luma, uv).bands())[0, 0].astype(int)


def test_warm_is_redder_and_less_blue_and_cool_the_reverse() -> None:
    (warm_r, _, warm_b), (cool_r, _, cool_b) = _rgb(1), _rgb(-1)
    assert warm_r > 128 > warm_b
    assert cool_r < 128 < cool_b
    np.testing.assert_array_equal(_rgb(0), 128)


def test_black_and_white_stay_at_any_warmth() -> None:
    np.testing.assert_array_equal(_rgb(1, 0), 0)
    np.testing.assert_array_equal(_rgb(-1, 255), 255)


@pytest.mark.parametrize("own", [0.2, 0.38, 1.0])
def test_half_vividness_is_what_the_network_is_used_with(own: float) -> None:
    meta = {"decoding": {"temperature": own, "caution": 0.2}}
    chosen = [as_vivid(PredictionOptions(), meta, v / 4) for v in range(5)]
    temperatures = [options.temperature or 0.0 for options in chosen]
    assert [options.caution for options in chosen] == pytest.approx([0.4, 0.3, 0.2, 0.1, 0.0])
    assert temperatures[0] == 1
    assert temperatures[2] == pytest.approx(own)
    assert temperatures == sorted(temperatures, reverse=True)
    assert temperatures[-1] > 0


def test_numbers_out_of_range_are_refused() -> None:
    for bad in ({"warmth": 1.1}, {"strength": -0.1}):
        with pytest.raises(ValueError, match="expected a number"):
            Toning(**bad)
    with pytest.raises(ValueError, match="vividness"):
        as_vivid(PredictionOptions(), {}, 2)


def test_strength_mixes_with_the_photos_own_colors_at_any_depth() -> None:
    rgb = np.random.default_rng(0).integers(0, 65536, (8, 8, 3)).astype(np.uint16)
    luma = np.rint(rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint16)
    uv = np.full((2, 2, 2), 0.05, np.float32)
    back = next(ColoredImage(luma, uv, own=rgb, strength=0.0).bands())
    assert np.abs(back.astype(int) - rgb).max() <= 2
    gray = next(ColoredImage(luma, uv, strength=0.0).bands())
    assert (gray == luma[..., None]).all()
