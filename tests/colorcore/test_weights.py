"""colorcore.weights: the prior, smoothed, and what is made of it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from colorcore import Palette, rebalancing_weights, smooth_prior

_COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=255).filter(lambda c: sum(c) > 0)


def test_a_worked_example() -> None:
    # P = (0.7, 0.2, 0.1), λ = 0.3, n = 3: (1-λ)P + λ/3 = (0.59, 0.24, 0.17), inverted
    # (1.694915, 4.166667, 5.882353); Σ P·w = 2.608009.
    weights = rebalancing_weights(np.array([0.7, 0.2, 0.1]), 0.3)
    assert weights == pytest.approx([0.649889, 1.597643, 2.255496], abs=1e-5)


@given(_COUNTS, st.floats(0.001, 0.999))
def test_the_mean_weight_over_pixels_is_one(counts: list[int], lam: float) -> None:
    prior = np.array(counts) / sum(counts)
    weights = rebalancing_weights(prior, lam)
    assert (prior * weights).sum() == pytest.approx(1)
    rare, common = weights[np.argmin(prior)], weights[np.argmax(prior)]
    assert rare >= common > 0
    in_torch = rebalancing_weights(torch.asarray(prior), lam).numpy()
    assert in_torch == pytest.approx(weights, rel=1e-12)


def test_lambda_near_one_weighs_all_bins_alike(palette: Palette) -> None:
    assert rebalancing_weights(palette.prior, 0.9999) == pytest.approx(np.ones(palette.n), abs=0.1)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("lam", [0, 1, -0.1, 1.1, float("nan"), float("inf")])
def test_lambda_outside_the_open_interval_is_refused(lam: float) -> None:
    with pytest.raises(ValueError, match="lambda"):
        rebalancing_weights(np.array([0.5, 0.5]), lam)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    "prior", [np.array([0.5, 0.6]), np.array([1.5, -0.5]), np.array([np.nan, 1]), np.eye(2) / 2]
)
def test_what_is_no_prior_is_refused(prior: np.ndarray) -> None:
    with pytest.raises(ValueError, match="prior"):
        rebalancing_weights(prior, 0.5)


def test_smoothing_keeps_the_sum_and_spreads_over_the_plane_not_the_index() -> None:
    # Bins 0 and 2 are neighbours in the plane, bin 1 is far away though its index is next.
    palette = Palette(
        centers=np.array([[0.0, 0.0], [0.4, 0.4], [0.01, 0.0]]), prior=np.array([1.0, 0.0, 0.0])
    )
    smooth = smooth_prior(palette, 0.02)
    assert smooth.sum() == pytest.approx(1)
    assert smooth[1] < 1e-12
    # Half a σ apart: the neighbour gets exp(-1/8) / (1 + exp(-1/8)) of the share.
    assert smooth[2] == pytest.approx(np.exp(-1 / 8) / (1 + np.exp(-1 / 8)))


def test_no_smoothing_is_the_prior_itself(palette: Palette) -> None:
    assert (smooth_prior(palette, 0) == palette.prior).all()
    assert smooth_prior(palette, 1e-6) == pytest.approx(palette.prior)


def test_smoothing_lifts_bins_that_nobody_has(palette: Palette) -> None:
    smooth = smooth_prior(palette, 0.03)
    assert smooth.sum() == pytest.approx(1)
    assert smooth.min() > palette.prior.min() or palette.n == 2


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf")])
def test_a_width_that_is_none_is_refused(sigma: float, palette: Palette) -> None:
    with pytest.raises(ValueError, match="sigma"):
        smooth_prior(palette, sigma)
