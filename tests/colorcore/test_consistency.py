"""CDC against scipy's Jensen-Shannon distance, and at its ends."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from colorcore.consistency import color_distribution_consistency, level_shares


def test_cdc_is_the_mean_of_scipys_divergences_at_one_two_and_four_frames() -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (7, 12, 10, 3), dtype=np.uint8) // rng.integers(
        1, 5, (7, 1, 1, 3)
    )
    shares = np.stack([level_shares(frame.astype(np.uint8)) for frame in frames])
    expected = np.mean(
        [
            np.mean(
                [
                    jensenshannon(shares[at, channel], shares[at + apart, channel]) ** 2
                    for at in range(len(shares) - apart)
                    for channel in range(3)
                ]
            )
            for apart in (1, 2, 4)
        ]
    )
    assert color_distribution_consistency(shares) == pytest.approx(expected)


def test_cdc_is_zero_for_a_still_and_ln_2_where_no_level_is_shared() -> None:
    black, white = (level_shares(np.full((4, 4, 3), level, np.uint8)) for level in (0, 255))
    assert color_distribution_consistency(np.stack([black] * 6)) == 0
    assert color_distribution_consistency(np.stack([black, white])) == pytest.approx(math.log(2))


def test_cdc_of_one_frame_is_undefined() -> None:
    assert math.isnan(color_distribution_consistency(np.zeros((1, 3, 256))))
