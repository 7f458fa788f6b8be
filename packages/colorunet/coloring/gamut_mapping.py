"""Gamut mapping: chroma reduced until a colour lies inside the sRGB cube, luma kept."""

import numpy as np
from jaxtyping import Float

from colorcore import yuv_to_rgb

Plane = Float[np.ndarray, "*shape"]
_UNITS = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
_RGB_OF_UV = yuv_to_rgb(_UNITS, clip=False).T.tolist()  # linear in chroma


def compose_rgb(
    luma: Float[np.ndarray, "*shape"], uv: Float[np.ndarray, "*shape 2"]
) -> Float[np.ndarray, "*shape 3"]:
    """Return sRGB in [0, 1] of luma in [0, 1] and chroma, the luma kept exactly.

    Clipping a colour to the cube changes its luma: white clouds turn gray and dark hair bright.
    Instead U and V are scaled down by the least factor that brings the colour inside; hue and luma
    stay.
    """
    return np.stack(compose_planes(luma, uv[..., 0], uv[..., 1]), axis=-1)


def compose_planes(luma: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane, Plane]:
    """Return red, green and blue of ``compose_rgb`` as planes, in a quarter of the time."""
    red, green, blue = (u * from_u + v * from_v for from_u, from_v in _RGB_OF_UV)
    above = np.maximum(np.maximum(red, green), blue)
    below = np.minimum(np.minimum(red, green), blue)
    # How often the chroma is as large as there is room for it, toward white and toward black.
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        above /= 1 - luma
        below /= -luma
    # Of no chroma and no room, 0 / 0, fmax takes the other.
    excess = np.fmax(np.fmax(above, below, out=above), 1, out=above)
    return (
        _drawn_in(red, excess, luma),
        _drawn_in(green, excess, luma),
        _drawn_in(blue, excess, luma),
    )


def _drawn_in(offset: Plane, excess: Plane, luma: Plane) -> Plane:
    offset /= excess
    offset += luma
    return np.clip(offset, 0, 1, out=offset)
