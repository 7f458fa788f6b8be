"""The size at which the network sees a photo."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

WORKING_EDGE_PX = 256  # the size that the views of a shard have
LONGEST_WORKING_PX = 2048  # a panorama is worked on smaller rather than without end
SHORTEST_WORKING_PX = 32  # five halvings still leave the network a pixel


def working_size(luma: UInt8[np.ndarray, "height width"], edge_px: int) -> tuple[int, int]:
    """Return (height, width) at which the network sees a photo.

    The shorter edge becomes ``edge_px``; the longer one follows, up to 2,048 pixels.
    """
    height, width = luma.shape
    scale = min(edge_px / min(height, width), LONGEST_WORKING_PX / max(height, width))
    floor = min(SHORTEST_WORKING_PX, edge_px)
    return max(floor, round(height * scale)), max(floor, round(width * scale))


def working_luma(luma: UInt8[np.ndarray, "height width"], edge_px: int) -> UInt8[np.ndarray, "h w"]:
    """Return luma at the size at which the network sees a photo; see ``working_size``."""
    size = working_size(luma, edge_px)
    if luma.shape == size:
        return luma
    # Pillow widens the filter when it shrinks, so this is antialiased.
    scaled = Image.fromarray(luma).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.asarray(scaled)
