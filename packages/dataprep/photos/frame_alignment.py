"""Similarity of two copy prints after alignment of their frames."""

from functools import cache

import numpy as np
from jaxtyping import Bool, Float

from dataprep.photos.copy_prints import COEFFICIENTS, waves

_GRID = 20  # sampling points along an edge: enough for the finest of 16 frequencies
_POINTS = (np.arange(_GRID) + 0.5) / _GRID
_FIRST_STEPS = 2
_MORE_STEPS = 3
_HOPELESS = 0.25  # correlation after the first steps; of copies few have less by then
_LONGEST_STEP = 0.05  # of a frame
_TABLE = 2048  # steps a frame of the table of cosines
_MARGIN = 1.0  # of a frame, on either side of it, that the table covers


def aligned_correlation(
    prints: Float[np.ndarray, "n 16 16"],
    other: Float[np.ndarray, "n 16 16"],
    frames: Float[np.ndarray, "n 4"],
) -> Float[np.ndarray, "n"]:
    """Return the correlation of detail in pairs of prints, frames fitted by Gauss-Newton steps.

    Coefficients are weighted by their frequency, so that edges count more than large areas, and
    those that vary along one axis alone are left out: a horizon looks like any other.

    Args:
        prints: coefficients of one of each pair.
        other: of the other one.
        frames: where the search starts: top, height, left and width of the other's frame in the
            frame of the first.
    """
    target = _point_waves() @ (other * _weights()) @ _point_waves().T
    weighted, frames = prints * _weights(), frames.copy()
    scores = np.empty(len(prints))
    left = np.arange(len(prints))
    for step in range(_FIRST_STEPS + _MORE_STEPS + 1):
        scores[left], moves = _step(weighted[left], target[left], frames[left])
        frames[left] += moves
        if step == _FIRST_STEPS:
            left = left[scores[left] > _HOPELESS]
            if not len(left):
                return scores
    shared = _shared_band(frames[left])
    target = _point_waves() @ (other[left] * _weights() * shared[1]) @ _point_waves().T
    scores[left] = _step(weighted[left] * shared[0], target, frames[left])[0]
    return scores


def _shared_band(
    frames: Float[np.ndarray, "n 4"],
) -> tuple[Float[np.ndarray, "n 16 16"], Float[np.ndarray, "n 16 16"]]:
    """Return weights that keep only the frequencies that both prints can have.

    A crop holds finer detail than the print of the whole: it is cut off before they are compared.
    """
    frequency = np.arange(COEFFICIENTS)
    bands = []
    for scale in (1 / frames[:, 1::2], frames[:, 1::2]):
        finest = COEFFICIENTS * np.clip(scale, 0.5, 1)[..., None]
        rows, columns = np.moveaxis(np.clip(finest - frequency, 0, 1), 1, 0)
        bands.append(rows[:, :, None] * columns[:, None, :])
    return bands[0], bands[1]


def _step(
    weighted: Float[np.ndarray, "n 16 16"],
    target: Float[np.ndarray, "n 20 20"],
    frames: Float[np.ndarray, "n 4"],
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n 4"]]:
    """Return the correlation for these frames, and a Gauss-Newton step."""
    rows, row_slopes, rows_inside = _axis(frames[:, 0], frames[:, 1])
    columns, column_slopes, columns_inside = _axis(frames[:, 2], frames[:, 3])
    inside = rows_inside[:, :, None] & columns_inside[:, None, :]
    half = weighted @ columns.swapaxes(1, 2)
    seen, gain = _standardized(rows @ half, inside)
    wanted, _ = _standardized(target, inside)
    down = (row_slopes @ half) * inside * gain
    across = (rows @ weighted @ column_slopes.swapaxes(1, 2)) * inside * gain
    slopes = np.stack((down, down * _POINTS[:, None], across, across * _POINTS), axis=-1).reshape(
        len(frames), -1, 4
    )
    normal = slopes.swapaxes(1, 2) @ slopes
    normal += np.eye(4) * (1e-9 + 2.5e-4 * np.trace(normal, axis1=1, axis2=2))[:, None, None]
    pull = slopes.swapaxes(1, 2) @ (wanted - seen).reshape(len(frames), -1, 1)
    moves = np.linalg.solve(normal, pull)[..., 0]
    correlation = (seen * wanted).sum((1, 2))
    return correlation, np.clip(moves, -_LONGEST_STEP, _LONGEST_STEP)


def _standardized(
    values: Float[np.ndarray, "n 20 20"], inside: Bool[np.ndarray, "n 20 20"]
) -> tuple[Float[np.ndarray, "n 20 20"], Float[np.ndarray, "n 1 1"]]:
    """Return values with mean 0 and length 1 over the points inside, and the factor for it."""
    counts = np.maximum(inside.sum((1, 2), keepdims=True), 1)
    centered = (values - (values * inside).sum((1, 2), keepdims=True) / counts) * inside
    gain = 1 / np.maximum(np.sqrt(np.square(centered).sum((1, 2), keepdims=True)), 1e-9)
    return centered * gain, gain


def _axis(
    start: Float[np.ndarray, "n"], length: Float[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n 20 16"], Float[np.ndarray, "n 20 16"], Bool[np.ndarray, "n 20"]]:
    """Return cosines and slopes at the points of an axis, and which points are in the frame."""
    positions = start[:, None] + length[:, None] * _POINTS
    table, slopes = _tables()
    places = np.clip(np.rint((positions + _MARGIN) * _TABLE).astype(np.intp), 0, len(table) - 1)
    return table[places], slopes[places], (positions >= 0) & (positions <= 1)


@cache
def _tables() -> tuple[Float[np.ndarray, "t 16"], Float[np.ndarray, "t 16"]]:
    positions = np.arange(round((1 + 2 * _MARGIN) * _TABLE)) / _TABLE - _MARGIN
    table = waves(positions)
    return table, np.gradient(table, 1 / _TABLE, axis=0)


@cache
def _point_waves() -> Float[np.ndarray, "20 16"]:
    return waves(_POINTS)


@cache
def _weights() -> Float[np.ndarray, "16 16"]:
    frequency = np.arange(COEFFICIENTS)
    weights = np.hypot(frequency[:, None], frequency) ** 0.75
    weights[0] = weights[:, 0] = 0
    return weights
