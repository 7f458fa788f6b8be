"""Soft targets: a matrix that distributes a bin over its neighbours."""

import numpy as np
from jaxtyping import Float

from colorcore.palette import Palette


def soft_target_matrix(palette: Palette, *, k: int, sigma: float) -> Float[np.ndarray, "n n"]:
    """Return K: row b is the target distribution of a pixel whose nearest centre is b.

    Row b lies on the ``k`` centres nearest to centre b (b itself is one), with Gaussian weights of
    width ``sigma`` in units of UV, and sums to 1. Zhang et al. 2016 take k = 5 around the pixel's
    own colour; with the bin stored instead of the colour it becomes this matrix.
    ``k`` 1 is the identity: hard targets.

    Raises:
        ValueError: ``k`` isn't in 1…n, or ``sigma`` isn't above 0.
    """
    if not 1 <= k <= palette.n:
        raise ValueError(f"k: expected 1 to {palette.n}, given {k}")
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma: expected a number above 0, given {sigma}")
    offsets = palette.centers[:, None, :] - palette.centers[None, :, :]
    squared = np.sum(offsets**2, axis=-1)
    nearest = np.argsort(squared, axis=1, kind="stable")[:, :k]
    rows = np.arange(palette.n)[:, None]
    matrix = np.zeros((palette.n, palette.n))
    matrix[rows, nearest] = np.exp(-squared[rows, nearest] / (2 * sigma**2))
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))
