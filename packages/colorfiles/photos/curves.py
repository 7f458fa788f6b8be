"""Tone curves and primaries read from ICC profiles, so that any depth can be converted.

ICC.1:2022: one-dimensional curves 10.6 (curv) and 10.18 (para), matrices F.3, gray F.2.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]
# XYZ at D50 to linear sRGB, the inverse of the primaries in the sRGB profile of the ICC.
_XYZ_TO_SRGB = np.linalg.inv(
    np.array(
        [
            [0.4360747, 0.3850649, 0.1430804],
            [0.2225045, 0.7168786, 0.0606169],
            [0.0139322, 0.0971045, 0.7141733],
        ]
    )
)
_PARAMETERS = (1, 3, 4, 5, 7)  # how many each function type of a `para` curve has


@dataclass(frozen=True)
class Profile:
    """What of an ICC profile is needed.

    Args:
        space: of the device: ``GRAY``, ``RGB``, ``CMYK``…
        connection: ``XYZ`` or ``Lab``.
        tags: their contents by signature.
    """

    space: str
    connection: str
    tags: dict[str, bytes]

    @classmethod
    def parsed(cls, data: bytes) -> "Profile":
        """Read a profile's header and tags.

        Raises:
            ValueError: it is none.
        """
        if len(data) < 132 or data[36:40] != b"acsp":
            raise ValueError("no ICC profile")
        tags = {}
        for number in range(min(100, int.from_bytes(data[128:132], "big"))):
            entry = data[132 + 12 * number : 144 + 12 * number]
            if len(entry) == 12:
                name, start, length = struct.unpack(">4sII", entry)
                tags[name.decode("latin-1")] = data[start : start + length]
        space, connection = data[16:20].decode("latin-1"), data[20:24].decode("latin-1")
        return cls(space.strip(), connection.strip(), tags)


def gray_curve(profile: Profile) -> Curve | None:
    """Return the function from a gray level to sRGB's, both in [0, 1]; None where none is known.

    Raises:
        ValueError: the profile is damaged.
    """
    if profile.space == "GRAY" and "kTRC" in profile.tags:
        device = _curve(profile.tags["kTRC"])
        if profile.connection == "Lab":
            return lambda x: encode_srgb(_lightness_to_y(device(x)))
        return lambda x: encode_srgb(device(x))
    if _is_matrix(profile):
        curves, matrix = _matrix(profile)
        return lambda x: encode_srgb(
            sum(weight * curve(x) for weight, curve in zip(matrix[1], curves, strict=True))
        )
    return None


def rgb_curve(profile: Profile) -> Curve | None:
    """Return the function from RGB (last axis) to sRGB, both in [0, 1]; None for none known.

    Raises:
        ValueError: the profile is damaged.
    """
    if not _is_matrix(profile):
        return None
    curves, matrix = _matrix(profile)
    to_srgb = _XYZ_TO_SRGB @ matrix

    def convert(rgb: np.ndarray) -> np.ndarray:
        linear = np.stack([curve(rgb[..., axis]) for axis, curve in enumerate(curves)], axis=-1)
        return encode_srgb(linear @ to_srgb.T.astype(linear.dtype))

    return convert


def encode_srgb(linear: np.ndarray) -> np.ndarray:
    """Return linear light in [0, 1] by sRGB's curve (IEC 61966-2-1), clipped."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _is_matrix(profile: Profile) -> bool:
    required = {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"}
    by_table = "A2B0" in profile.tags
    return profile.space == "RGB" and required <= profile.tags.keys() and not by_table


def _matrix(profile: Profile) -> tuple[list[Curve], np.ndarray]:
    columns = [_fixed(profile.tags[name][8:20], 3) for name in ("rXYZ", "gXYZ", "bXYZ")]
    return [_curve(profile.tags[name]) for name in ("rTRC", "gTRC", "bTRC")], np.array(columns).T


def _curve(tag: bytes) -> Curve:
    if tag[:4] == b"para":
        return _parametric(tag)
    if tag[:4] != b"curv" or len(tag) < 12:
        raise ValueError("a tone curve of no known kind")
    count = int.from_bytes(tag[8:12], "big")
    values = np.frombuffer(tag[12 : 12 + 2 * count], dtype=">u2").astype(np.float64)
    if len(values) != count:
        raise ValueError("a tone curve cut short")
    if count == 0:
        return lambda x: x
    if count == 1:
        gamma = float(values[0]) / 256
        return lambda x: x**gamma
    places = np.linspace(0, 1, count)
    return lambda x: np.interp(x, places, values / 65535).astype(x.dtype)


def _parametric(tag: bytes) -> Curve:
    kind = int.from_bytes(tag[8:10], "big")
    if kind >= len(_PARAMETERS):
        raise ValueError("a parametric curve of no known kind")
    given = _fixed(tag[12:], _PARAMETERS[kind])
    g, a, b, c, d, e, f = given + (0.0,) * (7 - len(given))
    if kind == 0:
        return lambda x: x**g
    if kind in (1, 2):
        if a == 0:
            raise ValueError("a parametric curve without a slope")
        start, above, below, slope = -b / a, c, c, 0.0
    else:
        start, above, below, slope = d, e, f, c
    return lambda x: np.where(
        x >= start, np.maximum(a * x + b, 0) ** g + above, slope * x + below
    ).astype(x.dtype)


def _lightness_to_y(lightness: np.ndarray) -> np.ndarray:
    level = (100 * lightness + 16) / 116
    return np.where(level > 6 / 29, level**3, (level - 4 / 29) * 3 * (6 / 29) ** 2)


def _fixed(data: bytes, count: int) -> tuple[float, ...]:
    if len(data) < 4 * count:
        raise ValueError("a tag cut short")
    return tuple(value / 65536 for value in struct.unpack(f">{count}i", data[: 4 * count]))
