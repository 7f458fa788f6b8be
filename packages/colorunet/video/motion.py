"""Motion estimation between successive frames of a film."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

SEEN_EDGE_PX = 128  # shorter edge at which motion is looked for; twice that gives no less flicker
_DIFFERENCE = 0.06  # of luma in [0, 1]: beyond it a place counts less and less as the same
_STRUCTURE = 0.4  # of structural dissimilarity: two frames of one shot have less
_OTHER_SHARE = 0.25  # of places that differ: in one shot there are fewer
_MOST_CHANNELS = 4  # that OpenCV's remap takes at once; from 128 on it crashes
_GRAIN = 3.0 / 255  # contrast that counts as none


@dataclass(frozen=True)
class Motion:
    """Motion from the frame before, on a grid of cells.

    Args:
        x: where each cell was, in cells from the left; ``y`` likewise from the top.
        trust: from 0 (something else was there) to 1 (the same thing).
        cut: another shot begins with this frame; nothing is trusted.
    """

    x: Float32[np.ndarray, "rows columns"]
    y: Float32[np.ndarray, "rows columns"]
    trust: Float32[np.ndarray, "rows columns"]
    cut: bool

    @property
    def still(self) -> Bool[np.ndarray, "rows columns"]:
        """Cells that show the same object as before, wherever it moved."""
        return self.trust >= 1

    def carried(self, before: Float32[np.ndarray, "rows columns *n"]) -> np.ndarray:
        """Warp values of the frame before to the present positions; bilinear."""
        parts = before.reshape(*before.shape[:2], -1)
        carried = np.empty((*self.x.shape, parts.shape[2]), np.float32)
        for first in range(0, parts.shape[2], _MOST_CHANNELS):
            channels = np.ascontiguousarray(parts[..., first : first + _MOST_CHANNELS])
            moved = cv2.remap(
                channels, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            carried[..., first : first + _MOST_CHANNELS] = moved.reshape(*self.x.shape, -1)
        return carried.reshape(*self.x.shape, *before.shape[2:])


class MotionFinder:
    """Finds motion between two frames by dense inverse search (Kroeger et al. 2016).

    Args:
        grid: rows and columns of the cells.
        along_motion: look for motion; else every cell is compared with its own place.
    """

    def __init__(self, grid: tuple[int, int], *, along_motion: bool = True) -> None:
        self._grid = grid
        self._flow = None
        if along_motion:
            self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(
        self, before: UInt8[np.ndarray, "height width"], now: UInt8[np.ndarray, "height width"]
    ) -> Motion:
        """Return the motion from ``before`` to ``now``: small pictures of luma."""
        rows, columns = self._grid
        height, width = now.shape
        with one_thread():
            if self._flow is None:
                flow = np.zeros((height, width, 2), np.float32)
            else:
                flow = self._flow.calc(now, before, None)
            flow = cv2.resize(flow, (columns, rows), interpolation=cv2.INTER_AREA)
            seen_now, seen_before = (
                cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA)
                for luma in (now.astype(np.float32), before.astype(np.float32))
            )
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        x += flow[..., 0] * np.float32(columns / width)
        y += flow[..., 1] * np.float32(rows / height)
        inside = (x > -0.5) & (y > -0.5) & (x < columns - 0.5) & (y < rows - 0.5)
        whole = Motion(x, y, inside.astype(np.float32), cut=False)
        return _judged(whole, seen_now / 255, whole.carried(seen_before) / 255)


def _judged(motion: Motion, now: np.ndarray, before: np.ndarray) -> Motion:
    """Set trust by similarity and detect cuts; a change of overall brightness is none."""
    trust = likeness(now, before) * motion.trust
    cut = not is_same_picture(now, before)
    return Motion(motion.x, motion.y, (trust * (not cut)).astype(np.float32), cut)


def likeness(
    now: Float32[np.ndarray, "rows columns"], before: Float32[np.ndarray, "rows columns"]
) -> Float32[np.ndarray, "rows columns"]:
    """Return the local similarity of two pictures (luma in [0, 1]), in [0, 1]."""
    return np.clip(2 - _apart(now, before) / np.float32(_DIFFERENCE), 0, 1)


def is_same_picture(
    now: Float32[np.ndarray, "rows columns"], before: Float32[np.ndarray, "rows columns"]
) -> bool:
    """Whether two pictures (luma in [0, 1]) can be frames of one shot."""
    others = float(np.mean(_apart(now, before) > 2 * _DIFFERENCE))
    return others <= _OTHER_SHARE and _dissimilarity(now, before) <= _STRUCTURE


def _apart(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    brighter = (np.median(now) + _GRAIN) / (np.median(before) + _GRAIN)
    return np.asarray(np.abs(now - before * np.float32(brighter)), np.float32)


def _dissimilarity(now: np.ndarray, before: np.ndarray) -> float:
    """Return 1 less the structure of SSIM (Wang et al. 2004), over the frame as a whole."""
    a, b = now - now.mean(), before - before.mean()
    floor = 2 * _GRAIN**2
    return 1 - float((2 * (a * b).mean() + floor) / ((a * a).mean() + (b * b).mean() + floor))


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit OpenCV to one thread in the block.

    The optical flow depends on the number of threads. Setting it restarts the thread pool, so a
    film sets it once, not for each frame.
    """
    threads = cv2.getNumThreads()
    if threads == 1:
        yield
        return
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
