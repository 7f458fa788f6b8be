"""White level of samples deeper than 8 bits, and scaling them to 16 bits."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt16

from colorfiles.photos.pixels import bands_of

_USUAL_BITS = (8, 10, 12, 14, 16, 24, 32)  # of scanners, cameras and medical devices
_FLOAT_WHITES = (1.0, 255.0, 65535.0)
_OVERSHOOT = 1.5  # of a hundredth of floating-point samples: sharpening and highlights


@dataclass(frozen=True)
class White:
    """The white level, with a note where the file doesn't state it."""

    level: float
    note: str = ""


def white_of(
    samples: np.ndarray, *, bits: int, declared: int | None = None, asked_bits: int | None = None
) -> White:
    """Return the white level of samples.

    Args:
        samples: of gray or colour; not of alpha.
        bits: that a sample takes in the file.
        declared: the highest level that the file's tags name, if any.
        asked_bits: significant bits as a person gave them.
    """
    if samples.dtype.kind == "f":
        return _float_white(samples)
    if asked_bits is not None:
        return White(2.0**asked_bits - 1)
    if declared and declared & (declared + 1) == 0:  # all ones; else just what was met
        return White(float(declared))
    full = bits - (samples.dtype.kind == "i")
    highest = int(samples.max(initial=0))
    if highest <= 0 or bits not in (16, 32):  # 12 packed bits are 12
        return White(2.0**full - 1)
    significant = next((n for n in _USUAL_BITS if highest < 1 << n), full)
    if significant >= full:
        return White(2.0**full - 1)
    return White(
        2.0**significant - 1,
        f"no level above {highest} of {2**full - 1}: taken as {significant} significant bits",
    )


def scaled_to_16(samples: np.ndarray, white: float) -> UInt16[np.ndarray, "..."]:
    """Return samples scaled so that ``white`` is 65535, clipped; NaN is black."""
    if samples.dtype == np.uint16 and white == 65535:
        return samples
    scaled = np.empty(samples.shape, dtype=np.uint16)
    table = None
    if samples.dtype == np.uint16:
        table = _scaled(np.arange(65536, dtype=np.float64), white)
    for rows in bands_of(samples):
        band = samples[rows]
        scaled[rows] = table[band] if table is not None else _scaled(band, white)
    return scaled


def _scaled(values: np.ndarray, white: float) -> UInt16[np.ndarray, "..."]:
    part = np.nan_to_num(values.astype(np.float64) / white, nan=0, posinf=1, neginf=0)
    return np.rint(np.clip(part, 0, 1) * 65535).astype(np.uint16)


def _float_white(samples: np.ndarray) -> White:
    """Guess the white level: the smallest usual one that holds all but a few samples."""
    step = max(1, samples.size // 1_000_000)
    some = samples.reshape(-1)[::step]
    some = some[np.isfinite(some)]
    highest = float(some.max(initial=0.0))
    bulk = float(np.percentile(some, 99)) if some.size else 0.0
    for white in _FLOAT_WHITES:
        if highest <= white or (bulk <= white * _OVERSHOOT and highest <= white * 16):
            note = "" if white == 1.0 else f"floating point up to {highest:g}: white is {white:g}"
            return White(white, note)
    return White(highest, f"floating point up to {highest:g}, taken as white")
