"""How sure a network is of the colours that are shown."""

import numpy as np
from jaxtyping import Float

from colorcore import Palette
from colorunet.coloring.decoding import Decoding

_NEAR_UV = 0.06  # colours so close look alike


def confidence(
    logits: Float[np.ndarray, "h w n"], palette: Palette, decoding: Decoding
) -> Float[np.ndarray, "h w"]:
    """Return the probability, in the network's own opinion, that a pixel's true colour is near.

    Near is within 0.06 UV of the colour that it is shown in.

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
    return (probabilities * (squared <= _NEAR_UV**2)).sum(axis=-1)
