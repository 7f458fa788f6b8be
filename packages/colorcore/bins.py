"""Quantization of colours: the nearest bin of a palette, exactly."""

from typing import Any

import array_api_compat
import numpy as np
from jaxtyping import Float, Integer, UInt8

from colorcore._arrays import array_namespace, require_vectors
from colorcore.palette import Palette
from colorcore.yuv import rgb_to_yuv

_CHUNK = 1 << 16  # colours compared at once: 65,536 × 255 float64 stay under 140 MB


def uv_to_bins(uv: Float[Any, "*shape 2"], palette: Palette) -> Integer[Any, "*shape"]:
    """Return the id (int64) of the nearest centre of each colour; a tie goes to the lower id.

    Distances are Euclidean in the UV plane and computed in float64 whatever the input.

    Raises:
        ValueError: the last axis isn't 2, the dtype isn't floating, or NaN is among the values.
    """
    require_vectors(uv, 2, "uv")
    xp = array_namespace(uv)
    device = array_api_compat.device(uv)
    flat = xp.reshape(xp.astype(uv, xp.float64), (-1, 2))
    centers = xp.asarray(np.array(palette.centers), dtype=xp.float64, device=device)
    bins = xp.empty((flat.shape[0],), dtype=xp.int64, device=device)
    for start in range(0, flat.shape[0], _CHUNK):
        part = flat[start : start + _CHUNK]
        du = part[:, 0:1] - centers[None, :, 0]
        dv = part[:, 1:2] - centers[None, :, 1]
        bins[start : start + _CHUNK] = xp.argmin(du * du + dv * dv, axis=1)
    return xp.reshape(bins, tuple(uv.shape[:-1]))


def bins_to_uv(bins: Integer[Any, "*shape"], palette: Palette) -> Float[Any, "*shape 2"]:
    """Return the centre of each bin id as float64.

    Raises:
        ValueError: an id isn't one of the palette's (the ignore id isn't either).
    """
    xp = array_namespace(bins)
    flat = xp.reshape(xp.astype(bins, xp.int64), (-1,))
    if flat.shape[0] and not (int(xp.min(flat)) >= 0 and int(xp.max(flat)) < palette.n):
        raise ValueError(
            f"bins: expected ids from 0 to {palette.n - 1}, "
            f"given {int(xp.min(flat))} to {int(xp.max(flat))}"
        )
    device = array_api_compat.device(bins)
    centers = xp.asarray(np.array(palette.centers), dtype=xp.float64, device=device)
    return xp.reshape(xp.take(centers, flat, axis=0), (*tuple(bins.shape), 2))


def rgb_table(palette: Palette) -> UInt8[np.ndarray, "16777216"]:
    """Return the bin of every uint8 RGB colour, at index R·65536 + G·256 + B.

    U and V depend on the differences R − B and G − B alone, so only 511 × 511 colours are compared
    and the table is read off those. It equals ``uv_to_bins(rgb_to_yuv(rgb / 255)[..., 1:])``.
    """
    steps = np.arange(-255, 256) / 255.0
    r, g = np.meshgrid(steps, steps, indexing="ij")
    uv = rgb_to_yuv(np.stack((r, g, np.zeros_like(r)), axis=-1))[..., 1:]
    by_difference = uv_to_bins(uv, palette).astype(np.uint8)
    table = np.empty((256, 256, 256), dtype=np.uint8)
    for blue in range(256):
        first = 255 - blue
        table[:, :, blue] = by_difference[first : first + 256, first : first + 256]
    return table.reshape(-1)
