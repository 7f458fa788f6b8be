"""The prior, smoothed, and the rebalancing weights made from it."""

from typing import Any

import numpy as np
from jaxtyping import Float

from colorcore._arrays import array_namespace, require_finite
from colorcore.palette import Palette


def smooth_prior(palette: Palette, sigma: float) -> Float[np.ndarray, "n"]:
    """Spread the prior over the UV plane with a Gaussian of width ``sigma`` (in units of UV).

    Each bin's share is handed out among the bins near it in the *plane*, never along the index,
    so the sum stays 1. Zhang et al. 2016 smooth with σ = 5 in ab, which is near 0.02 here;
    ``sigma`` 0 returns the prior as it is.

    Raises:
        ValueError: ``sigma`` is negative or not a number.
    """
    if not (np.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma: expected a number of at least 0, given {sigma}")
    if sigma == 0:
        return np.array(palette.prior)
    offsets = palette.centers[:, None, :] - palette.centers[None, :, :]
    kernel = np.exp(-np.sum(offsets**2, axis=-1) / (2 * sigma**2))
    kernel /= kernel.sum(axis=0, keepdims=True)
    return np.asarray(kernel @ palette.prior)


def rebalancing_weights(prior: Float[Any, "n"], lam: float) -> Float[Any, "n"]:
    """Return w(b) ∝ ((1 − λ)·P̂(b) + λ/n)⁻¹, scaled so that Σ P̂(b)·w(b) = 1.

    Zhang et al. 2016, equation 4, has λ = 1/2; the poster has 0.3. λ near 1 weighs all bins alike,
    λ near 0 weighs a bin by how rare it is.

    Raises:
        ValueError: λ lies outside the open interval (0, 1), or the prior isn't a list of
            shares that sum to 1.
    """
    if not 0 < lam < 1:
        raise ValueError(f"lambda: expected a number between 0 and 1, given {lam}")
    if prior.ndim != 1 or prior.shape[0] < 1:
        raise ValueError(f"prior: expected (n,), given shape {tuple(prior.shape)}")
    require_finite(prior, "prior")
    xp = array_namespace(prior)
    if bool(xp.any(prior < 0)) or abs(float(xp.sum(prior)) - 1) > 1e-4:
        raise ValueError(f"prior: expected shares that sum to 1, given {float(xp.sum(prior))}")
    weights = 1.0 / ((1 - lam) * prior + lam / prior.shape[0])
    return weights / xp.sum(prior * weights)
