"""Palettes from a histogram: the fullest cells of a grid, or k-means with a neutral bin."""

from typing import Any

import numpy as np
from jaxtyping import Float, Integer

from colorcore.bins import uv_to_bins
from colorcore.histogram import UvHistogram
from colorcore.palette import MAX_BINS, Palette

_LLOYD_STEPS = 100  # at most; the loop ends earlier when no centre moves
_LLOYD_TOLERANCE = 1e-5  # a centre that moves less than this no longer changes what is seen


def grid_palette(histogram: UvHistogram, n: int) -> Palette:
    """Keep the ``n`` fullest cells of the histogram's own grid (arXiv 1811.03120 keeps 32 of 100).

    Cells that are equally full are taken in the order of the grid. The prior is the share of
    pixels whose nearest kept centre it is, which is what labels made with this palette have.

    Raises:
        ValueError: the histogram is empty, or has fewer than ``n`` cells with pixels in them.
    """
    _require_pixels(histogram, n)
    filled = int(np.count_nonzero(histogram.counts))
    if filled < n:
        raise ValueError(
            f"grid palette: expected at least {n} cells with pixels, given {filled}; "
            "use more cells, more photos or fewer bins"
        )
    fullest = np.argsort(-histogram.counts, kind="stable")[:n]
    grid = histogram.grid
    return _with_prior(
        grid.centers()[fullest],
        histogram,
        method="grid",
        parameters={"cells": grid.cells, "neutral_centered": grid.neutral_centered},
    )


def kmeans_palette(
    histogram: UvHistogram, n: int, *, seed: int = 0, emphasis: float = 1.0
) -> Palette:
    """Cluster the histogram into ``n`` bins by k-means, one of them held at (0, 0).

    Lloyd's algorithm from a k-means++ start (Arthur & Vassilvitskii 2007). The neutral bin comes
    first, the others follow by descending prior.

    Args:
        histogram: counts on a fine grid.
        n: bins, the neutral one included.
        seed: of the start.
        emphasis: each cell weighs counts ** emphasis; below 1 gives rare colours more bins.

    Raises:
        ValueError: the histogram is empty, has fewer than ``n`` cells with pixels in them, or
            ``emphasis`` lies outside (0, 1].
    """
    _require_pixels(histogram, n)
    if not 0 < emphasis <= 1:
        raise ValueError(f"emphasis: expected a number in (0, 1], given {emphasis}")
    filled = np.flatnonzero(histogram.counts)
    if len(filled) < n:
        raise ValueError(
            f"k-means palette: expected at least {n} cells with pixels, given {len(filled)}; "
            "use a finer grid, more photos or fewer bins"
        )
    points = histogram.grid.centers()[filled]
    weights = histogram.counts[filled].astype(np.float64) ** emphasis
    centers = _lloyd(points, weights, _plus_plus(points, weights, n, seed))
    palette = _with_prior(
        centers,
        histogram,
        method="kmeans",
        parameters={"cells": histogram.grid.cells, "seed": seed, "emphasis": emphasis},
    )
    order = np.concatenate(([0], 1 + np.argsort(-palette.prior[1:], kind="stable")))
    return Palette(
        centers=palette.centers[order],
        prior=palette.prior[order],
        method=palette.method,
        parameters=palette.parameters,
        photos=palette.photos,
        pixels=palette.pixels,
    )


def _require_pixels(histogram: UvHistogram, n: int) -> None:
    if histogram.pixels == 0:
        raise ValueError("palette: expected a histogram with pixels in it, given an empty one")
    if not 2 <= n <= MAX_BINS:
        raise ValueError(f"palette: expected 2 to {MAX_BINS} bins, given {n}")


def _with_prior(
    centers: Float[np.ndarray, "n 2"],
    histogram: UvHistogram,
    *,
    method: str,
    parameters: dict[str, Any],
) -> Palette:
    n = len(centers)
    draft = Palette(centers=centers, prior=np.full(n, 1 / n))
    filled = np.flatnonzero(histogram.counts)
    nearest = uv_to_bins(histogram.grid.centers()[filled], draft)
    counts = np.bincount(nearest, weights=histogram.counts[filled], minlength=n)
    return Palette(
        centers=centers,
        prior=counts / counts.sum(),
        method=method,
        parameters=parameters,
        photos=histogram.photos,
        pixels=histogram.pixels,
    )


def _squared_distances(
    points: Float[np.ndarray, "m 2"], centers: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, "m n"]:
    du = points[:, 0:1] - centers[None, :, 0]
    dv = points[:, 1:2] - centers[None, :, 1]
    return np.asarray(du * du + dv * dv)


def _plus_plus(
    points: Float[np.ndarray, "m 2"], weights: Float[np.ndarray, "m"], n: int, seed: int
) -> Float[np.ndarray, "n 2"]:
    rng = np.random.default_rng(seed)
    centers = np.zeros((n, 2))
    nearest = _squared_distances(points, centers[:1])[:, 0]
    for index in range(1, n):
        chance = nearest * weights
        total = chance.sum()
        if total > 0:
            pick = rng.choice(len(points), p=chance / total)
        else:  # every point already is a centre but one: take any that isn't
            pick = int(np.argmax(nearest))
        centers[index] = points[pick]
        distance = _squared_distances(points, centers[index : index + 1])[:, 0]
        nearest = np.minimum(nearest, distance)
    return centers


def _lloyd(
    points: Float[np.ndarray, "m 2"],
    weights: Float[np.ndarray, "m"],
    centers: Float[np.ndarray, "n 2"],
) -> Float[np.ndarray, "n 2"]:
    n = len(centers)
    for _ in range(_LLOYD_STEPS):
        nearest: Integer[np.ndarray, "m"] = np.argmin(_squared_distances(points, centers), axis=1)
        mass = np.bincount(nearest, weights=weights, minlength=n)
        moved = centers.copy()
        for axis in range(2):
            total = np.bincount(nearest, weights=weights * points[:, axis], minlength=n)
            np.divide(total, mass, out=moved[:, axis], where=mass > 0)
        moved[0] = 0.0  # the neutral bin stays neutral
        step = float(np.abs(moved - centers).max())
        centers = moved
        if step < _LLOYD_TOLERANCE:
            break
    return centers
