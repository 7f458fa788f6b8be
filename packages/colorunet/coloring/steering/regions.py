"""Regions of a photo with similar logits, with borders along edges of luma."""

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image

from colorunet.coloring.steering.seen_photo import SeenPhoto

_REGIONS = 8
_LUMA_WEIGHT, _PLACE_WEIGHT = 1.0, 0.25  # relative to the distance of the network's logits
_SOFTNESS = 0.05  # of the borders, in squared distance
_RADIUS = 8  # thinned pixels, of the guided filter that aligns borders with edges
_RIDGE = 1e-3  # variance of luma below which the filter averages


def region_shares(
    seen: SeenPhoto, thinning: int, rng: np.random.Generator
) -> Float32[np.ndarray, "t s r"]:
    """Return each thinned pixel's soft membership in each region; they sum to 1.

    By k-means over what the network takes it for, its luma and its place, then smoothed by a guided
    filter on luma (He et al. 2013).
    """
    features = seen.features[::thinning, ::thinning]
    height, width = features.shape[:2]
    small = Image.fromarray(seen.luma).resize((width, height), Image.Resampling.BOX)
    luma = np.asarray(small, np.float32) / 255
    rows, columns = np.mgrid[:height, :width] * (_PLACE_WEIGHT / min(height, width))
    beside = np.stack([luma * _LUMA_WEIGHT, rows, columns], axis=-1)
    points = np.concatenate([features, beside.astype(np.float32)], axis=-1)
    flat = points.reshape(-1, points.shape[-1])
    centers = flat[rng.choice(len(flat), min(_REGIONS, len(flat)), replace=False)]
    for _ in range(10):
        nearest = np.argmin(_squared_distances(flat, centers), axis=-1)
        for number in range(len(centers)):
            if (mine := nearest == number).any():
                centers[number] = flat[mine].mean(axis=0)
    closeness = -_squared_distances(points, centers) / np.float32(_SOFTNESS)
    shares = np.exp(closeness - closeness.max(axis=-1, keepdims=True))
    shares = _guided(shares / shares.sum(axis=-1, keepdims=True), luma)
    shares = np.clip(shares, 0, 1)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), np.float32)


def as_large(
    planes: Float[np.ndarray, "t s c"], size: tuple[int, int]
) -> Float32[np.ndarray, "h w c"]:
    """Return planes scaled to ``size`` (height, width), bilinear."""
    large = [
        Image.fromarray(np.ascontiguousarray(planes[..., number], np.float32)).resize(
            (size[1], size[0]), Image.Resampling.BILINEAR
        )
        for number in range(planes.shape[-1])
    ]
    return np.stack([np.asarray(plane) for plane in large], axis=-1)


def _guided(
    planes: Float32[np.ndarray, "t s r"], luma: Float32[np.ndarray, "t s"]
) -> Float32[np.ndarray, "t s r"]:
    guide = luma[..., None].astype(np.float64)
    mean, mean_planes = _box(guide), _box(planes)
    variance = _box(guide**2) - mean**2
    slope = (_box(guide * planes) - mean * mean_planes) / (variance + _RIDGE)
    base = mean_planes - slope * mean
    return np.asarray(_box(slope) * guide + _box(base), np.float32)


def _box(planes: Float[np.ndarray, "t s c"]) -> Float[np.ndarray, "t s c"]:
    """Return the mean over a square of 2·radius + 1, the border repeated."""
    size = 2 * _RADIUS + 1
    sums = np.asarray(planes, np.float64)
    for axis in (0, 1):
        margins = [(0, 0)] * 3
        margins[axis] = (_RADIUS + 1, _RADIUS)
        running = np.cumsum(np.pad(sums, margins, mode="edge"), axis=axis)
        ahead = np.take(running, range(size, running.shape[axis]), axis=axis)
        sums = (ahead - np.take(running, range(running.shape[axis] - size), axis=axis)) / size
    return sums


def _squared_distances(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return squared distances up to a constant for each point."""
    return np.asarray(np.sum(centers**2, axis=-1) - 2 * (points @ centers.T))
