"""Arrays reduced for previews."""

import numpy as np
from jaxtyping import Float, Float32


def halved(planes: Float[np.ndarray, "h w n"]) -> Float32[np.ndarray, "hh hw n"]:
    """Return means of 2 × 2 pixels."""
    height, width, n = planes.shape
    even = np.pad(planes, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    parts = even.astype(np.float32).reshape((height + 1) // 2, 2, (width + 1) // 2, 2, n)
    return np.asarray(parts.mean(axis=(1, 3)))


def rgb_in_8_bits(rgb: np.ndarray) -> np.ndarray:
    """Return RGB (h, w, 3) of 8 or 16 bits as uint8."""
    return rgb if rgb.dtype == np.uint8 else (rgb >> 8).astype(np.uint8)
