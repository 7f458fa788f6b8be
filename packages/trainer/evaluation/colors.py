"""Colors of one image: decoded, as bins and as RGB; of prediction, truth and baselines."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, UInt8

from colorcore import IGNORE_BIN, Palette, bins_to_uv, rgb_to_lab, rgb_to_yuv, uv_to_bins
from colorunet.coloring.gamut_mapping import compose_rgb

_WHEEL_CHROMA = 0.03  # below it a hue can't be seen
WHEEL_SECTORS = 36


@dataclass(frozen=True)
class Colors:
    """The colours of one image: decoded (``uv``), as bins, and as ``rgb`` in [0, 1]."""

    uv: Float[np.ndarray, "h w 2"]
    bins: Int[np.ndarray, "h w"]
    rgb: Float[np.ndarray, "h w 3"]

    @cached_property
    def luma(self) -> Float[np.ndarray, "h w"]:
        """Luma of ``rgb``."""
        return np.asarray(rgb_to_yuv(self.rgb)[..., 0])

    @cached_property
    def lab(self) -> Float[np.ndarray, "h w 3"]:
        """L*a*b* of ``rgb``."""
        return rgb_to_lab(self.rgb)

    def thinned(self, step: int) -> "Colors":
        """Every ``step``-th pixel along both axes: the same colours at a fraction of the cost."""
        return Colors(*(a[::step, ::step] for a in (self.uv, self.bins, self.rgb)))


def true_colors(
    luma: UInt8[np.ndarray, "h w"],
    bins: UInt8[np.ndarray, "h w"],
    rgb: UInt8[np.ndarray, "h w 3"] | None,
    palette: Palette,
) -> Colors:
    """Return a sample's true colours: its colour crop, or else the colours of its bins."""
    if rgb is None:
        return quantized_colors(luma, bins, palette)
    shown = rgb.astype(np.float32) / 255
    return Colors(uv=rgb_to_yuv(shown)[..., 1:], bins=bins, rgb=shown)


def quantized_colors(
    luma: UInt8[np.ndarray, "h w"], bins: UInt8[np.ndarray, "h w"], palette: Palette
) -> Colors:
    """Return the truth quantised to bin centres: the best that this palette allows.

    A pixel with the ignore id is shown gray and takes no part where bins are counted.
    """
    known = bins != IGNORE_BIN
    uv = bins_to_uv(np.where(known, bins, 0), palette).astype(np.float32) * known[..., None]
    return Colors(uv=uv, bins=bins, rgb=compose_rgb(luma.astype(np.float32) / 255, uv))


def decoded_colors(
    luma: UInt8[np.ndarray, "h w"], uv: Float[np.ndarray, "h w 2"], palette: Palette
) -> Colors:
    """Return a prediction's colours; bins are those of the decoded U and V."""
    uv = np.asarray(uv, dtype=np.float32)
    shown = compose_rgb(luma.astype(np.float32) / 255, uv)
    return Colors(uv=uv, bins=uv_to_bins(uv, palette), rgb=shown)


def constant_colors(
    luma: UInt8[np.ndarray, "h w"], color: Float[np.ndarray, "2"], palette: Palette
) -> Colors:
    """Return one U and V for every pixel: the baselines gray, mean and most frequent bin."""
    uv = np.broadcast_to(np.asarray(color, dtype=np.float32), (*luma.shape, 2))
    chosen = int(uv_to_bins(np.asarray(color, dtype=np.float64)[None], palette)[0])
    shown = compose_rgb(luma.astype(np.float32) / 255, uv)
    return Colors(uv=uv, bins=np.full(luma.shape, chosen), rgb=shown)


def hue_wheel(uv: Float[np.ndarray, "h w 2"]) -> Int[np.ndarray, "36"]:
    """Return how many visibly coloured pixels lie in each of 36 hue sectors from −π on."""
    u, v = uv[..., 0].ravel(), uv[..., 1].ravel()
    colored = np.hypot(u, v) > _WHEEL_CHROMA
    turn = (np.arctan2(v[colored], u[colored]) + np.pi) / (2 * np.pi)
    sector = np.minimum((turn * WHEEL_SECTORS).astype(np.int64), WHEEL_SECTORS - 1)
    return np.bincount(sector, minlength=WHEEL_SECTORS)
