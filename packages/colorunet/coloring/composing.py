"""Composition of a photo's luma with predicted chroma, at full size and depth, in bands."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8, UInt16

from colorcore import rgb_to_yuv
from colorfiles.photos import Metadata
from colorfiles.photos.pixels import Pixels
from colorunet.coloring.gamut_mapping import compose_planes
from colorunet.coloring.steering.hints import Hint
from colorunet.coloring.upscaling import ChromaRows, Planes

BAND_PIXELS = 1 << 17  # composed at once: a huge photo needs little memory, caches hold a band
Luma = UInt8[np.ndarray, "height width"] | UInt16[np.ndarray, "height width"]


@dataclass(frozen=True)
class ColoredImage:
    """A coloured photo that is composed each time ``bands`` is called.

    Args:
        luma: (H, W), 8 or 16 bits.
        uv: (h, w, 2) float32, chroma at any size.
        alpha: (H, W) of the luma's depth; None where all is opaque.
        own: the photo's own colours (H, W, 3), 8 or 16 bits; only where ``strength`` is below 1.
        strength: 1 takes the network's colours alone, 0 the photo's own (gray where it has none).
        metadata: of the photo.
        hints: pixels whose chroma stands, whatever scaling does to it.
    """

    luma: Luma
    uv: Float[np.ndarray, "h w 2"]
    alpha: Luma | None = None
    own: np.ndarray | None = None
    strength: float = 1.0
    metadata: Metadata = field(default_factory=Metadata)
    hints: tuple[Hint, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.luma.shape[1], self.luma.shape[0]

    @property
    def bits(self) -> int:
        """Bits of a sample."""
        return 8 * self.luma.itemsize

    @property
    def channels(self) -> int:
        """3, or 4 with alpha."""
        return 3 if self.alpha is None else 4

    def bands(self, bits: int | None = None, *, alpha: bool = True) -> Iterator[np.ndarray]:
        """Yield rows (rows, W, 3 or 4) from top to bottom.

        Args:
            bits: 8 or 16; None for the luma's own.
            alpha: leave it out where false.
        """
        top_level = 255 if (bits or self.bits) == 8 else 65535
        chroma = ChromaRows(self.uv, in_8_bits(self.luma), self.hints)
        count = max(1, BAND_PIXELS // self.size[0])
        for top in range(0, self.size[1], count):
            rows = slice(top, min(self.size[1], top + count))
            luma = _parts(self.luma[rows])
            planes = [*compose_planes(luma, *self._mixed(chroma.rows(luma, top), rows))]
            if alpha and self.alpha is not None:
                planes.append(_parts(self.alpha[rows]))
            band = np.empty((*luma.shape, len(planes)), np.uint8 if top_level == 255 else np.uint16)
            for channel, plane in enumerate(planes):
                band[..., channel] = np.rint(plane * np.float32(top_level))
            if band.dtype == np.uint16 == self.luma.dtype:
                _mend_luma(band[..., :3], self.luma[rows])
            yield band

    def whole(self) -> np.ndarray:
        """Return the photo (H, W, 3 or 4) of the luma's depth."""
        pixels = np.empty((*self.luma.shape, self.channels), self.luma.dtype)
        top = 0
        for band in self.bands():
            pixels[top : top + len(band)] = band
            top += len(band)
        return pixels

    def _mixed(self, uv: Planes, rows: slice) -> Planes:
        if self.strength == 1:
            return uv
        u, v = (plane * np.float32(self.strength) for plane in uv)
        if self.own is not None:
            own = rgb_to_yuv(_parts(self.own[rows])) * np.float32(1 - self.strength)
            return u + own[..., 1], v + own[..., 2]
        return u, v


def _mend_luma(rgb: UInt16[np.ndarray, "h w 3"], luma: UInt16[np.ndarray, "h w"]) -> None:
    """Correct pixels whose luma rounding changed, in place; float32 is coarse for 16 bits."""
    moved = Pixels(rgb).luma(16).astype(np.int32) - luma
    places = np.nonzero(moved)
    shifted = rgb[places].astype(np.int32) - moved[places][:, None]
    rgb[places] = np.clip(shifted, 0, 65535)


def in_8_bits(luma: Luma) -> UInt8[np.ndarray, "height width"]:
    """Return luma in 8 bits, the input of networks."""
    if luma.dtype == np.uint8:
        return luma
    reduced = np.empty(luma.shape, np.uint8)
    rows = max(1, BAND_PIXELS // luma.shape[1])
    for top in range(0, len(luma), rows):
        reduced[top : top + rows] = (luma[top : top + rows].astype(np.uint32) + 128) // 257
    return reduced


def _parts(levels: np.ndarray) -> np.ndarray:
    """Return levels of 8 or 16 bits in [0, 1], float32."""
    return levels.astype(np.float32) / np.float32(255 if levels.dtype == np.uint8 else 65535)
