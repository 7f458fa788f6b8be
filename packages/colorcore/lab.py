"""CIE L*a*b* (D65) and the CIEDE2000 difference, for measuring only."""

from typing import Any

import numpy as np
from jaxtyping import Float

from colorcore._arrays import array_namespace, like, require_last_axis, require_vectors

# IEC 61966-2-1: linear sRGB to XYZ, rows divided by the D65 white (0.95047, 1, 1.08883).
_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def rgb_to_lab(rgb: Float[Any, "*shape 3"]) -> Float[Any, "*shape 3"]:
    """Convert gamma-encoded sRGB in [0, 1] to L* in [0, 100] and a*, b* within about ±110.

    Raises:
        ValueError: the last axis isn't 3, the dtype isn't floating, or NaN is among the values.
    """
    require_vectors(rgb, 3, "rgb")
    xp = array_namespace(rgb)
    # Both branches are taken, so the power's base is kept where its gradient is finite.
    linear = xp.where(
        rgb <= 0.04045, rgb / 12.92, ((xp.clip(rgb, 0.04, None) + 0.055) / 1.055) ** 2.4
    )
    xyz = xp.matmul(linear, like((_RGB_TO_XYZ / _WHITE[:, None]).T, rgb))
    f = xp.where(
        xyz > 216 / 24389, xp.clip(xyz, 1e-4, None) ** (1 / 3), (24389 / 27 * xyz + 16) / 116
    )
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return xp.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def ciede2000(
    first: Float[Any, "*shape 3"], second: Float[Any, "*shape 3"]
) -> Float[Any, "*shape"]:
    """Return ΔE₀₀ between two arrays of L*a*b* colours (Sharma, Wu & Dalal 2005).

    Raises:
        ValueError: a last axis isn't 3.
    """
    require_last_axis(first, 3, "first")
    require_last_axis(second, 3, "second")
    xp = array_namespace(first, second)
    l1, a1, b1 = first[..., 0], first[..., 1], first[..., 2]
    l2, a2, b2 = second[..., 0], second[..., 1], second[..., 2]

    mean_chroma7 = ((xp.hypot(a1, b1) + xp.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - xp.sqrt(mean_chroma7 / (mean_chroma7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = xp.hypot(a1, b1), xp.hypot(a2, b2)
    h1, h2 = _hue_degrees(xp, a1, b1), _hue_degrees(xp, a2, b2)

    gray = c1 * c2 == 0  # where one color has no hue, the formula takes the hues' sum, not the mean
    apart = h2 - h1
    wrapped = xp.where(apart > 180, apart - 360, xp.where(apart < -180, apart + 360, apart))
    delta_hue = xp.where(gray, xp.zeros_like(apart), wrapped)
    total = h1 + h2
    halved = xp.where(
        xp.abs(apart) <= 180,
        total / 2,
        xp.where(total < 360, (total + 360) / 2, (total - 360) / 2),
    )
    hue = xp.where(gray, total, halved) * (np.pi / 180)

    lightness = (l1 + l2) / 2
    chroma = (c1 + c2) / 2
    t = (
        1
        - 0.17 * xp.cos(hue - np.pi / 6)
        + 0.24 * xp.cos(2 * hue)
        + 0.32 * xp.cos(3 * hue + np.pi / 30)
        - 0.20 * xp.cos(4 * hue - 63 * np.pi / 180)
    )
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / xp.sqrt(20 + (lightness - 50) ** 2)
    s_c = 1 + 0.045 * chroma
    s_h = 1 + 0.015 * chroma * t
    rotation = xp.exp(-(((hue * (180 / np.pi) - 275) / 25) ** 2)) * (np.pi / 3)
    r_t = -2 * xp.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * xp.sin(rotation)
    d_l = (l2 - l1) / s_l
    d_c = (c2 - c1) / s_c
    d_h = 2 * xp.sqrt(c1 * c2) * xp.sin(delta_hue * (np.pi / 360)) / s_h
    squared = d_l**2 + d_c**2 + d_h**2 + r_t * d_c * d_h
    return xp.sqrt(xp.clip(squared, 0.0, None))


def _hue_degrees(xp: Any, a: Float[Any, "*shape"], b: Float[Any, "*shape"]) -> Float[Any, "*shape"]:
    degrees = xp.atan2(b, a) * (180 / np.pi)
    return xp.where(degrees < 0, degrees + 360, degrees)
