"""The network's confidence in the decoded colours."""

import numpy as np
from jaxtyping import Float

from colorcore import Palette
from colorunet.coloring.decoding import Decoding

_NEAR_UV = 0.06  # colours so close look alike; there one counts half


def confidence(
    logits: Float[np.ndarray, "h w n"], palette: Palette, decoding: Decoding
) -> Float[np.ndarray, "h w"]:
    """Return the network's probability that a pixel's true colour is near the decoded one.

    A colour at a distance of d (UV) from the one shown counts with 2^-(d / 0.06)²: one half at
    0.06. A hard limit there would make the map patchy.

    Args:
        logits: bins on the last axis.
        palette: the n bins.
        decoding: how the logits become the colour that is shown.
    """
    shown_uv = decoding.uv(logits, palette)
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=-1, keepdims=True)
    # |c - s|² = |c|² - 2 c·s + |s|², for every pixel and bin without a third axis of differences
    centers = np.asarray(palette.centers, dtype=logits.dtype)
    squared = (centers**2).sum(-1) - 2 * shown_uv @ centers.T + (shown_uv**2).sum(-1, keepdims=True)
    return np.clip((probabilities * np.exp2(-squared / _NEAR_UV**2)).sum(axis=-1), 0, 1)
