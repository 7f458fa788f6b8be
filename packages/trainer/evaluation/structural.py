"""Structural similarity, for comparison with published tables."""

import numpy as np
from jaxtyping import Float

_SIGMA, _RADIUS = 1.5, 5  # Wang, Bovik, Sheikh & Simoncelli 2004: an 11 × 11 Gaussian
_C1, _C2 = 0.01**2, 0.03**2


def ssim(first: Float[np.ndarray, "h w c"], second: Float[np.ndarray, "h w c"]) -> float:
    """Return the mean SSIM of two images in [0, 1] over pixels and channels.

    The variant of Wang et al. 2004: Gaussian window σ = 1.5 of 11 × 11, population moments, the
    border of 5 pixels left out; equal to scikit-image's with ``gaussian_weights=True,
    use_sample_covariance=False, data_range=1``.

    Raises:
        ValueError: the shapes differ, or an edge is under 11 pixels.
    """
    if first.shape != second.shape or min(first.shape[:2]) <= 2 * _RADIUS:
        raise ValueError(
            f"ssim: expected two images of one size of at least {2 * _RADIUS + 1} pixels, "
            f"given {first.shape} and {second.shape}"
        )
    mean_1, mean_2 = _smooth(first), _smooth(second)
    variance_1 = _smooth(first * first) - mean_1**2
    variance_2 = _smooth(second * second) - mean_2**2
    covariance = _smooth(first * second) - mean_1 * mean_2
    similarity = ((2 * mean_1 * mean_2 + _C1) * (2 * covariance + _C2)) / (
        (mean_1**2 + mean_2**2 + _C1) * (variance_1 + variance_2 + _C2)
    )
    return float(similarity.mean())


def _smooth(image: Float[np.ndarray, "h w c"]) -> Float[np.ndarray, "h2 w2 c"]:
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    kernel = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    kernel = (kernel / kernel.sum()).astype(image.dtype)
    height, width = image.shape[0] - 2 * _RADIUS, image.shape[1] - 2 * _RADIUS
    rows = sum(k * image[i : i + height] for i, k in enumerate(kernel))
    return np.asarray(sum(k * rows[:, i : i + width] for i, k in enumerate(kernel)))
