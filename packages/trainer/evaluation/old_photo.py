"""Simulation of old photographs: orthochromatic film, aging and scratches."""

from zlib import crc32

import numpy as np
from jaxtyping import UInt8

from trainer.data.aging import aged
from trainer.data.sample_decoder import Sample

# Shares of linear red, green and blue: orthochromatic film sees no red and blue most.
_ORTHOCHROMATIC = np.array([0.0, 0.4, 0.6])
_GAMMA = 2.2  # of sRGB, about
_MOST_SCRATCHES = 3
_SCRATCH_LEVELS = 60.0  # of 255 that a scratch is lighter or darker


def as_old_photo(sample: Sample) -> UInt8[np.ndarray, "h w"]:
    """Return a sample's luma as an old print; the damage depends on its key alone.

    Every other sample (by its key) that has a colour crop is taken on orthochromatic film: lips and
    red cloth go dark, blue sky white. Then it is ``aged`` as training samples are (blur, contrast,
    fading, grain, dust), and has up to three light or dark scratches from top to bottom.
    """
    seed = crc32(sample.key.encode())
    rng = np.random.default_rng(seed)
    luma = sample.luma
    if sample.rgb is not None and rng.random() < 0.5:
        linear = (sample.rgb.astype(np.float32) / 255) ** _GAMMA @ _ORTHOCHROMATIC
        luma = np.round(255 * linear ** (1 / _GAMMA)).astype(np.uint8)
    return _scratched(aged(luma, seed), rng)


def _scratched(luma: UInt8[np.ndarray, "h w"], rng: np.random.Generator) -> np.ndarray:
    levels = luma.astype(np.float32)
    height, width = luma.shape
    for _ in range(rng.integers(_MOST_SCRATCHES + 1)):
        start, slope = rng.uniform(0, width), rng.uniform(-0.1, 0.1)
        columns = np.clip(start + slope * np.arange(height), 0, width - 1).astype(int)
        levels[np.arange(height), columns] += rng.choice((-1, 1)) * _SCRATCH_LEVELS
    return np.clip(levels, 0, 255).astype(np.uint8)
