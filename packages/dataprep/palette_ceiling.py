"""The ceiling of a palette: true colours, each replaced by its bin, against the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from colorcore import Palette, bins_to_uv, rgb_to_yuv, yuv_to_rgb
from colorcore.measures import bin_counts, colorfulness, distinct_colors, effective_colors, psnr

_COLORLESS = 1.0  # below this colourfulness of the truth a ratio to it says nothing


@dataclass(frozen=True)
class ImageCeiling:
    """The measures of one image's quantised truth; the ratio is None for a colourless image."""

    psnr_db: float
    effective_colors: float
    distinct_colors: int
    colorfulness: float
    colorfulness_ratio: float | None


@dataclass(frozen=True)
class Ceiling:
    """Medians over images of what quantised truth reaches: no network with this palette does more.

    Colourfulness is Hasler and Süsstrunk's, signed; colours are bins.
    """

    images: int
    psnr_db: float
    effective_colors: float
    distinct_colors: float
    colorfulness: float
    colorfulness_ratio: float | None
    colorfulness_ratio_p10: float | None


def image_ceiling(
    rgb: UInt8[np.ndarray, "height width 3"],
    bins: UInt8[np.ndarray, "height width"],
    palette: Palette,
) -> ImageCeiling:
    """Measure an image whose every pixel has its own luma and the colour of its bin."""
    truth = rgb / 255.0
    yuv = np.concatenate((rgb_to_yuv(truth)[..., :1], bins_to_uv(bins, palette)), axis=-1)
    quantized = np.round(yuv_to_rgb(yuv) * 255) / 255.0
    counts = bin_counts(bins, palette.n)
    reached, there = colorfulness(quantized), colorfulness(truth)
    return ImageCeiling(
        psnr_db=min(psnr(quantized, truth), 100.0),  # a finite number where exact
        effective_colors=effective_colors(counts),
        distinct_colors=distinct_colors(counts),
        colorfulness=reached,
        colorfulness_ratio=reached / there if there >= _COLORLESS else None,
    )


def summarize_ceilings(images: Sequence[ImageCeiling]) -> Ceiling | None:
    """Return the medians over images; None without any."""
    if not images:
        return None
    ratios = [image.colorfulness_ratio for image in images if image.colorfulness_ratio is not None]
    return Ceiling(
        images=len(images),
        psnr_db=float(np.median([image.psnr_db for image in images])),
        effective_colors=float(np.median([image.effective_colors for image in images])),
        distinct_colors=float(np.median([image.distinct_colors for image in images])),
        colorfulness=float(np.median([image.colorfulness for image in images])),
        colorfulness_ratio=float(np.median(ratios)) if ratios else None,
        colorfulness_ratio_p10=float(np.percentile(ratios, 10)) if ratios else None,
    )
