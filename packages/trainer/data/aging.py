"""Augmentation: luma of training samples degraded as old prints and scans are."""

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageFilter

_SHARE = 0.45  # of the kinds of damage, each photo has
_BLUR_PX = (0.4, 1.6)
_CONTRAST = (0.55, 1.35)
_RAISED_BLACK, _LOWERED_WHITE = 70.0, 55.0  # at most, in levels of 255
_GRAIN_LEVELS = (3.0, 16.0)
_LINE_LEVELS = (1.0, 5.0)
_MOST_SPECKS = 6
_SPECK_LEVELS = (20.0, 235.0)


def aged(luma: UInt8[np.ndarray, "h w"], seed: int) -> UInt8[np.ndarray, "h w"]:
    """Return luma with some of: blur, other contrast, fading, grain, scanning faults.

    At least one kind of damage is done; which, and how much, depends on ``seed`` alone. For
    crops as a network sees them: widths are in their pixels.
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    done = rng.random(len(_DAMAGES)) < _SHARE
    done[rng.integers(len(_DAMAGES))] = True
    levels = luma.astype(np.float32)
    for damage, chosen in zip(_DAMAGES, done, strict=True):
        if chosen:
            levels = damage(levels, rng)
    return np.clip(levels + 0.5, 0, 255).astype(np.uint8)


Levels = Float32[np.ndarray, "h w"]


def _blurred(levels: Levels, rng: np.random.Generator) -> Levels:
    pixels = Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
    return np.asarray(
        pixels.filter(ImageFilter.GaussianBlur(rng.uniform(*_BLUR_PX))), dtype=np.float32
    )


def _of_other_contrast(levels: Levels, rng: np.random.Generator) -> Levels:
    middle = levels.mean()
    return np.clip(middle + np.float32(rng.uniform(*_CONTRAST)) * (levels - middle), 0, 255)


def _faded(levels: Levels, rng: np.random.Generator) -> Levels:
    black, white = rng.uniform(0, _RAISED_BLACK), 255 - rng.uniform(0, _LOWERED_WHITE)
    return np.float32(black) + levels * np.float32((white - black) / 255)


def _grainy(levels: Levels, rng: np.random.Generator) -> Levels:
    """Add grain, larger than a pixel and weakest where film is clear or black."""
    fine = rng.standard_normal(levels.shape, dtype=np.float32)
    coarse = (fine + np.roll(fine, 1, 0) + np.roll(fine, 1, 1) + np.roll(fine, (1, 1), (0, 1))) / 2
    share = levels / 255
    strength = 0.35 + 2.6 * share * (1 - share)
    return levels + np.float32(rng.uniform(*_GRAIN_LEVELS)) * strength * coarse


def _badly_scanned(levels: Levels, rng: np.random.Generator) -> Levels:
    """Add sensor lines, each a little lighter or darker, and specks of dust."""
    height, width = levels.shape
    upright = rng.random() < 0.5
    lines = rng.standard_normal((width if upright else height,), dtype=np.float32)
    lines *= np.float32(rng.uniform(*_LINE_LEVELS))
    scanned: np.ndarray = levels + (lines if upright else lines[:, None])
    for _ in range(rng.integers(_MOST_SPECKS + 1)):
        top, left = rng.integers(height), rng.integers(width)
        tall, wide = rng.integers(1, 4, 2)
        scanned[top : top + tall, left : left + wide] = rng.choice(_SPECK_LEVELS)
    return scanned


_DAMAGES = (_blurred, _of_other_contrast, _faded, _grainy, _badly_scanned)
