"""Colour coding of a film's frames: bits, range and matrix, in both directions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float32

from colorcore import rgb_to_yuv, yuv_to_rgb

BT709, BT470BG, SMPTE170M, BT2020 = 1, 5, 6, 9  # ITU-T H.273, table 4
_FCC, _SMPTE240M, _BT2020_CONSTANT, _UNKNOWN = 4, 7, 10, 2
_KR_KB = {  # the shares of red and blue in the luma, ITU-T H.273
    BT709: (0.2126, 0.0722),
    _FCC: (0.30, 0.11),
    BT470BG: (0.299, 0.114),
    SMPTE170M: (0.299, 0.114),
    _SMPTE240M: (0.212, 0.087),
    BT2020: (0.2627, 0.0593),
    _BT2020_CONSTANT: (0.2627, 0.0593),
}
_HD_WIDTH, _HD_HEIGHT = 1280, 577  # from here on players take an untagged film for BT.709
Plane = Float32[np.ndarray, "height width"]


def matrix_of(tag: int, width: int, height: int) -> int:
    """Return a film's matrix: the tagged one, or the players' guess by size.

    Args:
        tag: of the stream, by H.273; one that isn't Y'CbCr counts as none.
        width: of a frame, in pixels.
        height: likewise.
    """
    if tag in _KR_KB:
        return tag
    return BT709 if width >= _HD_WIDTH or height >= _HD_HEIGHT else SMPTE170M


def is_known_matrix(tag: int) -> bool:
    """Whether a matrix tag is a supported kind of Y'CbCr, or none."""
    return tag in _KR_KB or tag == _UNKNOWN


@dataclass(frozen=True)
class ColorCoding:
    """Coding of luma and chroma in a film's frames.

    Args:
        matrix: by H.273, one that ``matrix_of`` returns.
        full_range: all levels are used, not 16 to 235 of 256.
        bits: of a sample, 8 to 16.
    """

    matrix: int
    full_range: bool
    bits: int

    @property
    def dtype(self) -> Any:
        """Data type of the samples."""
        return np.uint8 if self.bits == 8 else np.uint16

    @cached_property
    def _luma_range(self) -> tuple[float, float]:
        if self.full_range:
            return 0.0, float((1 << self.bits) - 1)
        return float(16 << (self.bits - 8)), float(219 << (self.bits - 8))

    @cached_property
    def _chroma_range(self) -> tuple[float, float]:
        """Level of gray, and number of levels between the extremes of chroma."""
        middle = float(1 << (self.bits - 1))
        return middle, float((1 << self.bits) - 1 if self.full_range else 224 << (self.bits - 8))

    @cached_property
    def _difference(self) -> tuple[np.ndarray, np.ndarray]:
        """How U and V give differences from luma of R, G and B (3 × 2), and Cb and Cr (2 × 2).

        A colour keeps the differences of red, green and blue under any matrix; they are taken
        from the luma by this matrix.
        """
        red, blue = _KR_KB[self.matrix]
        units = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        rgb = yuv_to_rgb(units, clip=False).T
        rgb = rgb - np.array([red, 1 - red - blue, blue]) @ rgb
        scaled = np.stack((rgb[2] / (2 * (1 - blue)), rgb[0] / (2 * (1 - red))))
        return rgb.astype(np.float32), scaled.astype(np.float32)

    def luma(self, levels: np.ndarray) -> Plane:
        """Return luma in [0, 1] of a frame's levels; values beyond black and white are clipped."""
        black, span = self._luma_range
        parts = (levels.astype(np.float32) - np.float32(black)) / np.float32(span)
        return np.clip(parts, 0, 1, out=parts)

    def luma_of_rgb(self, rgb: np.ndarray) -> np.ndarray:
        """Return levels of luma for RGB of 8 or 16 bits; a gray keeps its level in full range."""
        red, blue = _KR_KB[self.matrix]
        most = np.float32(np.iinfo(rgb.dtype).max)
        shares = np.array([red, 1 - red - blue, blue], np.float32)
        black, span = self._luma_range
        return np.rint(rgb.astype(np.float32) @ shares / most * span + black).astype(self.dtype)

    def chroma(self, luma: Plane, u: Plane, v: Plane) -> tuple[np.ndarray, np.ndarray]:
        """Return levels of Cb and Cr for U and V (BT.601), mapped into the gamut at the luma.

        Luma and hue stay, as in ``gamut_mapping``: a colour outside the cube loses chroma.

        Args:
            luma: in [0, 1], at the size of the chroma.
            u: in ±0.436.
            v: in ±0.615.
        """
        rgb, scaled = self._difference
        offsets = [u * from_u + v * from_v for from_u, from_v in rgb]
        above = np.maximum(np.maximum(offsets[0], offsets[1]), offsets[2])
        below = -np.minimum(np.minimum(offsets[0], offsets[1]), offsets[2])
        tiny = np.float32(1e-6)
        excess = np.maximum(above / (1 - luma + tiny), below / (luma + tiny))
        share = 1 / np.maximum(excess, 1)
        middle, span = self._chroma_range
        most = (1 << self.bits) - 1
        levels = []
        for from_u, from_v in scaled:
            plane = (u * from_u + v * from_v) * share * np.float32(span) + np.float32(middle)
            levels.append(np.clip(np.rint(plane), 0, most).astype(self.dtype))
        return levels[0], levels[1]

    def uv(self, cb: np.ndarray, cr: np.ndarray) -> tuple[Plane, Plane]:
        """Return U and V of levels of Cb and Cr, the inverse of ``chroma``."""
        middle, span = self._chroma_range
        back = np.linalg.inv(self._difference[1].astype(np.float64)).astype(np.float32)
        parts = [(x.astype(np.float32) - np.float32(middle)) / np.float32(span) for x in (cb, cr)]
        u, v = (parts[0] * from_b + parts[1] * from_r for from_b, from_r in back)
        return u, v


def rgb_to_uv(rgb: np.ndarray) -> tuple[Plane, Plane]:
    """Return U and V of RGB with 8 or 16 bits."""
    yuv = rgb_to_yuv(rgb.astype(np.float32) / np.float32(np.iinfo(rgb.dtype).max))
    return yuv[..., 1], yuv[..., 2]
