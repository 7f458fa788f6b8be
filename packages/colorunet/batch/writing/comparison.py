"""Comparison picture: a photo before and after, side by side."""

from pathlib import Path

import numpy as np
from PIL import Image

from colorfiles.files import write_atomically
from colorfiles.photos import Metadata
from colorunet.batch.writing.through_pillow import jpeg_segments
from colorunet.coloring.composing import ColoredImage, in_8_bits
from colorunet.evidence.embedding import marked_metadata
from colorunet.evidence.mark import Mark

_LONGEST_PX = 2048  # of each half
_GAP_PX = 8
_QUALITY = 92


def write_comparison(path: Path, image: ColoredImage, mark: Mark | None = None) -> None:
    """Write a JPEG: gray on the left, in colour on the right, each at most 2,048 pixels long.

    Args:
        path: of the JPEG.
        image: the photo in colour.
        mark: that says what added the colours; None writes none.

    Raises:
        OSError: it can't be written.
    """
    width, height = image.size
    scale = min(1.0, _LONGEST_PX / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    gray = Image.fromarray(in_8_bits(image.luma)).resize(size, Image.Resampling.BICUBIC)
    own = None
    if image.own is not None:
        colors = Image.fromarray(np.stack([in_8_bits(image.own[..., c]) for c in range(3)], -1))
        own = np.asarray(colors.resize(size, Image.Resampling.BICUBIC))
    small = ColoredImage(np.asarray(gray), image.uv, own=own, strength=image.strength)
    both = Image.new("RGB", (2 * size[0] + _GAP_PX, size[1]), (255, 255, 255))
    both.paste(gray.convert("RGB"), (0, 0))
    both.paste(Image.fromarray(np.concatenate(list(small.bands()))), (size[0] + _GAP_PX, 0))
    segments = {} if mark is None else jpeg_segments(marked_metadata(Metadata(), mark)[0])
    with write_atomically(path) as temporary:
        both.save(temporary, "JPEG", quality=_QUALITY, subsampling=0, **segments)
