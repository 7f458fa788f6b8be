"""Chroma that a pixel's luma can carry: colours outside the sRGB cube, drawn in toward gray."""

import numpy as np
from jaxtyping import Float

from colorcore import yuv_to_rgb


def compose_rgb(
    luma: Float[np.ndarray, "*shape"], uv: Float[np.ndarray, "*shape 2"]
) -> Float[np.ndarray, "*shape 3"]:
    """Return sRGB in [0, 1] of luma in [0, 1] and chroma, the luma kept exactly.

    Clipping a colour to the cube changes its luma, so white clouds turn gray and dark hair turns
    bright. Instead U and V are scaled down together, by just as much as brings the colour inside:
    hue and luma stay.
    """
    yuv = np.concatenate((luma[..., None], uv), axis=-1)
    offset = yuv_to_rgb(yuv, clip=False) - luma[..., None]  # linear in chroma
    room = np.where(offset > 0, 1 - luma[..., None], luma[..., None])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        reach = np.where(offset != 0, room / np.abs(offset), np.inf)
    scale = np.minimum(reach.min(axis=-1, keepdims=True), 1.0)
    return np.clip(luma[..., None] + scale * offset, 0.0, 1.0)
