"""Results of reading: a file's header, and a decoded image with its metadata."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

from colorfiles.photos.metadata import Metadata
from colorfiles.photos.pixels import Pixels


@dataclass(frozen=True)
class ImageHeader:
    """Header of an image file, read before its pixels are decoded.

    Args:
        format: by Pillow's names.
        width: as stored, before it is turned upright.
        height: likewise.
        pages: pages or frames that are photos of their own.
        decoded_bytes: of all pixels as decoded, checked against the limit.
    """

    format: str
    width: int
    height: int
    pages: int
    decoded_bytes: int


@dataclass(frozen=True)
class DecodedImage:
    """A decoded image, upright, in sRGB.

    Args:
        pixels: converted by the methods.
        format: of the file, by Pillow's names.
        bits: of a sample as stored.
        pages: pages or frames of the file that are photos of their own.
        notes: what had to be assumed, a phrase each.
        metadata: where the settings ask for it.
    """

    pixels: Pixels
    format: str
    bits: int
    pages: int = 1
    notes: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, upright."""
        return self.pixels.size

    def rgb(self, background: tuple[int, int, int] | None = (255, 255, 255)) -> Image.Image:
        """Return 8-bit RGB, composited on ``background`` (None: without transparency)."""
        return self.pixels.rgb(background)

    def luma(self, bits: int | None = None) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
        """Return Y of BT.601 in 8 or 16 bits; None for 16 where the file is deeper than 8."""
        return self.pixels.luma(bits or self.pixels.bits)

    def alpha(
        self, bits: int | None = None
    ) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"] | None:
        """Return the opacity in as many bits as ``luma``; None where the file has none."""
        return self.pixels.opacity(bits or self.pixels.bits)
