"""The confusion matrix of true and predicted bins as a picture."""

import numpy as np
from jaxtyping import Int
from PIL import Image

from colorcore import Palette, yuv_to_rgb


def confusion_picture(confusion: Int[np.ndarray, "n n"], palette: Palette) -> Image.Image:
    """Draw a confusion matrix, a row per true bin: darkness is the share, margins show bins."""
    n = palette.n
    cell = max(2, 384 // n)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    table = np.repeat((255 * (1 - np.sqrt(share)))[..., None], 3, axis=-1)
    yuv = np.concatenate((np.full((n, 1), 0.55), palette.centers), axis=1)
    colors = 255 * yuv_to_rgb(yuv)
    framed = np.full((n + 2, n + 2, 3), 255.0)
    framed[2:, 2:] = table
    framed[2:, 0], framed[0, 2:] = colors, colors
    image = Image.fromarray(np.round(framed).astype(np.uint8))
    return image.resize(((n + 2) * cell, (n + 2) * cell), Image.Resampling.NEAREST)
