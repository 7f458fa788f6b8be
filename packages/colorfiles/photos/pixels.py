"""Decoded pixels: 8 bits as Pillow's images, 16 bits as arrays; turning and reducing them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

Levels = Image.Image | np.ndarray
BAND_PIXELS = 1 << 22  # worked on at once, so that a huge image needs little memory besides itself
_LUMA = (19595, 38470, 7471)  # BT.601 in 65536ths, as Pillow's own conversion has them
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Pixels:
    """An image in sRGB or in gray with sRGB's tone curve.

    Args:
        levels: an image of mode L or RGB; or (H, W) or (H, W, 3) uint16 where the file is deeper.
        alpha: an image of mode L, or (H, W) uint16; None where the file has none.
    """

    levels: Levels
    alpha: Levels | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        if isinstance(self.levels, Image.Image):
            return self.levels.size
        return self.levels.shape[1], self.levels.shape[0]

    @property
    def bits(self) -> int:
        """Bits of a sample: 8 or 16."""
        return 8 if isinstance(self.levels, Image.Image) else 16

    def upright(self, orientation: int) -> "Pixels":
        """Return the pixels turned as EXIF's orientation says; numbers beyond 1 to 8 mean 1."""
        if orientation not in _UPRIGHT:
            return self
        alpha = None if self.alpha is None else _turned(self.alpha, orientation)
        return Pixels(_turned(self.levels, orientation), alpha)

    def rgb(self, background: tuple[int, int, int] | None = (255, 255, 255)) -> Image.Image:
        """Return 8-bit RGB, composited on ``background`` (None: colours without alpha)."""
        image = as_8_bit(self.levels)
        image = image if image.mode == "RGB" else image.convert("RGB")
        if self.alpha is None or background is None:
            return image
        flat = Image.new("RGB", image.size, background)
        flat.paste(image, mask=as_8_bit(self.alpha))
        return flat

    def luma(self, bits: int) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
        """Return Y of BT.601 in 8 or 16 bits."""
        levels = self.levels
        if isinstance(levels, np.ndarray) and bits == 16:
            return levels if levels.ndim == 2 else _luma_of_16_bit(levels)
        image = as_8_bit(levels)
        luma = as_array(image if image.mode == "L" else image.convert("L"))  # Pillow's L is Y
        return luma if bits == 8 else luma.astype(np.uint16) * np.uint16(257)

    def opacity(self, bits: int) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"] | None:
        """Return alpha in 8 or 16 bits, None where the file has none."""
        if self.alpha is None:
            return None
        return Pixels(self.alpha).luma(bits)


def as_array(image: Image.Image) -> np.ndarray:
    """Return an image's pixels, copied band by band: at once takes three times the memory."""
    if image.width * image.height <= BAND_PIXELS:
        return np.asarray(image)
    rows = max(1, BAND_PIXELS // image.width)
    bands = (
        np.asarray(image.crop((0, top, image.width, min(image.height, top + rows))))
        for top in range(0, image.height, rows)
    )
    first = next(bands)
    array = np.empty((image.height, *first.shape[1:]), dtype=first.dtype)
    array[: len(first)] = first
    for number, band in enumerate(bands, start=1):
        array[number * rows : number * rows + len(band)] = band
    return array


def as_8_bit(levels: Levels) -> Image.Image:
    """Return 8-bit levels: 16 bits are rounded to the nearest."""
    if isinstance(levels, Image.Image):
        return levels
    table = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)
    reduced = np.empty(levels.shape, dtype=np.uint8)
    for rows in bands_of(levels):
        reduced[rows] = table[levels[rows]]
    return Image.fromarray(reduced)


def bands_of(array: np.ndarray) -> list[slice]:
    """Return slices of rows to work on one after the other."""
    rows = max(1, BAND_PIXELS // max(1, array.shape[1]))
    return [slice(top, top + rows) for top in range(0, array.shape[0], rows)]


def _luma_of_16_bit(rgb: UInt16[np.ndarray, "h w 3"]) -> UInt16[np.ndarray, "h w"]:
    luma = np.empty(rgb.shape[:2], dtype=np.uint16)
    for rows in bands_of(rgb):
        red, green, blue = (rgb[rows][..., axis].astype(np.uint32) for axis in range(3))
        mixed = red * _LUMA[0] + green * _LUMA[1] + (blue * _LUMA[2] + 32768)
        luma[rows] = mixed >> 16
    return luma


def _turned(levels: Levels, orientation: int) -> Levels:
    if isinstance(levels, Image.Image):
        return levels.transpose(_UPRIGHT[orientation])
    turned = levels.swapaxes(0, 1) if orientation >= 5 else levels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
