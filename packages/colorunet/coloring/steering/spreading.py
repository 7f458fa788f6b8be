"""Spreading of a pixel's colour to all that is reached without crossing an edge."""

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageFilter

_LUMA_STEP = 0.1  # a difference of luma that makes an edge, in [0, 1]
_FEATURE_STEP = 0.15  # a Hellinger distance of two pixels' colours that makes one
_CROSSING = 0.5  # what the shorter edge costs where there is no edge at all
_ROUNDS = 12  # of four sweeps each; a path has as many bends at most

Costs = tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]


def step_costs(luma: UInt8[np.ndarray, "h w"], features: Float32[np.ndarray, "h w k"]) -> Costs:
    """Return the costs of steps to the right and downward.

    Differences count squared: texture, many small ones, is passed; an edge, a large one, isn't.

    Args:
        luma: at the working size.
        features: of every pixel; their distances are Hellinger's where they are roots of shares.
    """
    smooth = np.asarray(Image.fromarray(luma).filter(ImageFilter.MedianFilter(5)), np.float32) / 255
    plain = np.float32(_CROSSING / min(luma.shape))
    costs = []
    for axis in (1, 0):
        of_luma = np.diff(smooth, axis=axis) / np.float32(_LUMA_STEP)
        of_features = np.sum(np.diff(features, axis=axis) ** 2, axis=-1) / np.float32(
            2 * _FEATURE_STEP**2
        )
        costs.append(plain + of_luma**2 + of_features)
    return costs[0], costs[1]


def distances(costs: Costs, start: tuple[int, int]) -> Float32[np.ndarray, "h w"]:
    """Return the cost of the cheapest path from a pixel (row, column) to each other.

    A sweep along a line is one running minimum: with C the costs summed up to a pixel, the least of
    d[i] + C[j] - C[i] over all i ≤ j is C[j] plus the running minimum of d - C.
    """
    right, down = costs
    height, width = right.shape[0], down.shape[1]
    least = np.full((height, width), np.inf, np.float32)
    least[start] = 0
    across = np.zeros_like(least)
    across[:, 1:] = np.cumsum(right, axis=1)
    along = np.zeros_like(least)
    along[1:] = np.cumsum(down, axis=0)
    for _ in range(_ROUNDS):
        before = least.copy()
        for sums, axis in ((across, 1), (along, 0)):
            forward = np.minimum.accumulate(least - sums, axis=axis) + sums
            backward = np.flip(np.minimum.accumulate(np.flip(least + sums, axis), axis=axis), axis)
            least = np.minimum(least, np.minimum(forward, backward - sums))
        if np.array_equal(before, least):
            break
    return least
