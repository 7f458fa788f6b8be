"""Consistency of the colour distribution over the frames of a film (CDC)."""

import math

import numpy as np
from jaxtyping import Float, UInt8

_LEVELS = 256  # of a channel of 8 bits
_APART = (1, 2, 4)  # frames; Liu et al. 2021


def level_shares(rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "3 256"]:
    """Return the share of each level among a frame's pixels, channel by channel."""
    counts = [np.bincount(rgb[..., channel].ravel(), minlength=_LEVELS) for channel in range(3)]
    return np.asarray(np.stack(counts) / (rgb.shape[0] * rgb.shape[1]))


def color_distribution_consistency(shares: Float[np.ndarray, "frames 3 256"]) -> float:
    """Return CDC: 0 where all frames have one colour distribution, ln 2 where none share a level.

    The mean Jensen-Shannon divergence (natural logarithm) of the level shares of R, G and B of
    frames that are 1, 2 and 4 apart; those distances that a film is too short for are left out,
    and a single frame gives NaN. Source: Liu, Zhao, Chan, Wang and Dong, "Temporally Consistent
    Video Colorization with Deep Feature Propagation and Self-regularization Learning", 2021,
    arXiv:2110.04562.
    """
    means = [
        float(np.mean(_divergences(shares[:-apart], shares[apart:])))
        for apart in _APART
        if len(shares) > apart
    ]
    return sum(means) / len(means) if means else math.nan


def _divergences(
    first: Float[np.ndarray, "*shape n"], second: Float[np.ndarray, "*shape n"]
) -> Float[np.ndarray, "*shape"]:
    middle = (first + second) / 2
    return np.asarray((_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2)


def _relative_entropy(
    of: Float[np.ndarray, "*shape n"], to: Float[np.ndarray, "*shape n"]
) -> Float[np.ndarray, "*shape"]:
    ratio = np.divide(of, to, out=np.ones_like(of), where=of > 0)
    return np.asarray(np.sum(of * np.log(ratio), axis=-1))
