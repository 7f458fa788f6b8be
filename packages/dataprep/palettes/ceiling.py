"""A palette's quantisation error: true colours replaced by their bin centres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from colorcore import Palette, bins_to_uv, rgb_to_yuv, yuv_to_rgb
from colorcore.measures import bin_counts, colorfulness, distinct_colors, effective_colors, psnr

_COLORLESS = 1.0  # below this colourfulness of the truth a ratio to it means nothing


@dataclass(frozen=True)
class ImageCeiling:
    """Measures of one image's quantised truth; the ratio is None for a colourless image."""

    psnr_db: float
    effective_colors: float
    distinct_colors: int
    colorfulness: float
    colorfulness_ratio: float | None


@dataclass(frozen=True)
class Ceiling:
    """Medians over images of the quantised truth: an upper bound for networks with this palette.

    Colourfulness is Hasler and Süsstrunk's, signed; colours are bins. A ``p10`` is the 10th
    percentile, which shows the effect on vivid photos.
    """

    images: int
    psnr_db: float
    psnr_db_p10: float
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
    """Measure an image whose pixels keep their luma and take the colour of their bin."""
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


def summarize_ceilings(images: Sequence[ImageCeiling]) -> Ceiling:
    """Return the medians over images, of which there is at least one."""
    ratios = [image.colorfulness_ratio for image in images if image.colorfulness_ratio is not None]
    return Ceiling(
        images=len(images),
        psnr_db=float(np.median([image.psnr_db for image in images])),
        psnr_db_p10=float(np.percentile([image.psnr_db for image in images], 10)),
        effective_colors=float(np.median([image.effective_colors for image in images])),
        distinct_colors=float(np.median([image.distinct_colors for image in images])),
        colorfulness=float(np.median([image.colorfulness for image in images])),
        colorfulness_ratio=float(np.median(ratios)) if ratios else None,
        colorfulness_ratio_p10=float(np.percentile(ratios, 10)) if ratios else None,
    )


def best_ceiling(ceilings: Mapping[str, Ceiling]) -> str:
    """Return the name with the best sum of ranks; the PSNR of the worst tenth breaks ties.

    Ranked are that PSNR, both colourfulness ratios (the better the nearer to 1) and the effective
    colours.
    """
    table = list(ceilings.values())
    columns = [
        [row.psnr_db_p10 for row in table],
        [-_off_one(row.colorfulness_ratio) for row in table],
        [-_off_one(row.colorfulness_ratio_p10) for row in table],
        [row.effective_colors for row in table],
    ]
    ranks = [[sum(other > value for other in column) for value in column] for column in columns]
    totals = dict(zip(ceilings, map(sum, zip(*ranks, strict=True)), strict=True))
    return min(ceilings, key=lambda name: (totals[name], -ceilings[name].psnr_db_p10))


def _off_one(ratio: float | None) -> float:
    return 0.0 if ratio is None else abs(1 - ratio)
