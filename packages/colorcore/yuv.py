"""BT.601 Y'UV on gamma-encoded sRGB."""

from typing import Any

from jaxtyping import Float

from colorcore._arrays import array_namespace, require_vectors

U_MAX = 0.436  # ITU-R BT.601 scaled as in analogue PAL
"""U lies in ±0.436."""
V_MAX = 0.615  # the same
"""V lies in ±0.615."""
KR, KG, KB = 0.299, 0.587, 0.114  # ITU-R BT.601 luma coefficients
_U_SCALE = U_MAX / (1 - KB)
_V_SCALE = V_MAX / (1 - KR)


def rgb_to_yuv(rgb: Float[Any, "*shape 3"]) -> Float[Any, "*shape 3"]:
    """Convert gamma-encoded sRGB in [0, 1] to Y in [0, 1], U in ±0.436, V in ±0.615.

    Written with differences of channels, so that every gray has exactly U = V = 0.

    Raises:
        ValueError: the last axis isn't 3, the dtype isn't floating, or NaN is among the values.
    """
    require_vectors(rgb, 3, "rgb")
    xp = array_namespace(rgb)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = KR * r + KG * g + KB * b
    u = _U_SCALE * (KR * (b - r) + KG * (b - g))
    v = _V_SCALE * (KG * (r - g) + KB * (r - b))
    return xp.stack((y, u, v), axis=-1)


def yuv_to_rgb(yuv: Float[Any, "*shape 3"], *, clip: bool = True) -> Float[Any, "*shape 3"]:
    """Invert ``rgb_to_yuv``; colours outside the sRGB cube are clipped to it if ``clip``.

    Raises:
        ValueError: the last axis isn't 3, the dtype isn't floating, or NaN is among the values.
    """
    require_vectors(yuv, 3, "yuv")
    xp = array_namespace(yuv)
    y, u, v = yuv[..., 0], yuv[..., 1], yuv[..., 2]
    b_minus_y = u / _U_SCALE
    r_minus_y = v / _V_SCALE
    g_minus_y = -(KR * r_minus_y + KB * b_minus_y) / KG
    rgb = xp.stack((y + r_minus_y, y + g_minus_y, y + b_minus_y), axis=-1)
    return xp.clip(rgb, 0.0, 1.0) if clip else rgb
