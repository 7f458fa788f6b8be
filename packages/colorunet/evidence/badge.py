"""Badge: a small visible sign of colourisation in the lower right corner."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from colorunet.coloring.composing import ColoredImage

_SHARE = 18  # of the shorter edge
_LEAST_PX = 12
_OVERSAMPLED = 4
_DOTS = (
    ((0.30, 0.32), "#d8453a"),
    ((0.52, 0.22), "#e9b32f"),
    ((0.72, 0.33), "#4a9d4f"),
    ((0.76, 0.55), "#3b6fc4"),
)


@dataclass(frozen=True)
class BadgedImage(ColoredImage):
    """A coloured photo with the sign drawn over it."""

    def bands(self, bits: int | None = None, *, alpha: bool = True) -> Iterator[np.ndarray]:
        """Yield rows as ``ColoredImage.bands`` does."""
        left, first, edge = badge_place(self.size)
        sign = _sign(edge)
        top = 0
        for band in super().bands(bits, alpha=alpha):
            start, end = max(first, top), min(first + edge, top + len(band))
            if start < end:
                part = band[start - top : end - top, left : left + edge]
                _lay(part, sign[start - first : end - first])
            yield band
            top += len(band)


def with_badge(image: ColoredImage) -> BadgedImage:
    """Return an image with the sign, clipped if the image is smaller."""
    return BadgedImage(**{field.name: getattr(image, field.name) for field in fields(ColoredImage)})


def badge_place(size: tuple[int, int]) -> tuple[int, int, int]:
    """Return left, top and edge of the sign for an image's width and height."""
    edge = min(max(_LEAST_PX, min(size) // _SHARE), *size)
    margin = min(edge // 3, *(length - edge for length in size))
    return size[0] - edge - margin, size[1] - edge - margin, edge


@cache
def _sign(edge: int) -> np.ndarray:
    """Return the sign (edge, edge, 4): RGB and opacity, 8 bits."""
    large = edge * _OVERSAMPLED
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse(_box(0.5, 0.5, 0.5, 0.42, large), fill="#1c1c1c")
    draw.ellipse(_box(0.5, 0.5, 0.45, 0.37, large), fill="#f4efe6")
    draw.ellipse(_box(0.36, 0.68, 0.09, 0.08, large), fill="#1c1c1c")
    for (x, y), color in _DOTS:
        draw.ellipse(_box(x, y, 0.1, 0.1, large), fill=color)
    return np.asarray(image.resize((edge, edge), Image.Resampling.BOX))


def _box(x: float, y: float, half_width: float, half_height: float, edge: int) -> list[float]:
    parts = (x - half_width, y - half_height, x + half_width, y + half_height)
    return [part * (edge - 1) for part in parts]


def _lay(pixels: np.ndarray, sign: np.ndarray) -> None:
    """Blend the sign over pixels, in place."""
    top = np.iinfo(pixels.dtype).max
    opacity = sign[..., 3:].astype(np.float32) / 255
    colors = sign[..., :3].astype(np.float32) * (top / 255)
    mixed = pixels[..., :3] * (1 - opacity) + colors * opacity
    pixels[..., :3] = np.rint(mixed)
    if pixels.shape[-1] == 4:
        opaque = np.rint(opacity[..., 0] * top).astype(pixels.dtype)
        pixels[..., 3] = np.maximum(pixels[..., 3], opaque)
