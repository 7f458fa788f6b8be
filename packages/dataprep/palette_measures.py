"""What a palette can show at best, and how sure its prior is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from colorcore import Palette, rgb_to_yuv, yuv_to_rgb
from colorcore.measures import colorfulness, effective_colors, psnr
from dataprep.color_counts import difference_index, difference_table
from dataprep.pixel_batches import PixelBatch
from dataprep.splits import keyed_hash

MEASURED_PHOTOS = 512
MEASURED_SIZE = 128  # shorter edge: a quarter of the work, and shares of colour hardly differ
_BLOCKS = 32
_GOAL = 0.02  # a prior 2 % off moves the weights less than a change of λ by 0.01 does


@dataclass(frozen=True)
class Ceiling:
    """Truth painted with the palette's colours: medians over photos, and 10th percentiles.

    The percentiles tell what the medians don't: how vivid photos fare.

    Args:
        name: of the palette.
        psnr: in dB, against the photos themselves.
        psnr_p10: what a tenth of the photos stays below.
        colorfulness_ratio: painted / truth.
        colorfulness_ratio_p10: what a tenth of the photos stays below.
        effective_colors: exp(entropy) of a photo's bins.
    """

    name: str
    psnr: float
    psnr_p10: float
    colorfulness_ratio: float
    colorfulness_ratio_p10: float
    effective_colors: float


@dataclass(frozen=True)
class PriorError:
    """How far the prior from so many photos is from that of other photos.

    The error is the total variation distance: the share of pixels that would have to change bins.

    Args:
        photos: how many, doubling.
        errors: of priors from so many, expected against all photos that there could be: the median
            over disjoint sets against the other photos measured, less the part of those.
        now: expected with the photos that the palette was learnt from.
        photos_enough: expected to bring the error to 2 %; errors fall with the root of the count.
    """

    photos: list[int] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    now: float = float("nan")
    photos_enough: int = 0


@dataclass(frozen=True)
class PhotoMeasures:
    """One photo under several palettes: by name its three measures and its pixels of each bin."""

    key: str
    measures: Mapping[str, tuple[float, float, float]]
    bin_counts: Mapping[str, Int[np.ndarray, "n"]]


def measure_batch(batch: PixelBatch, *, palettes: Mapping[str, Palette]) -> list[PhotoMeasures]:
    """Measure every photo of a batch under every palette."""
    tables = {name: difference_table(palette) for name, palette in palettes.items()}
    return [
        _measure(key, pixels, palettes, tables) for key, pixels in batch.images(MEASURED_SIZE, {})
    ]


def ceilings(measured: Sequence[PhotoMeasures]) -> list[Ceiling]:
    """Return the medians for each palette, in the order in which they were given."""
    found = []
    for name in measured[0].measures:
        rows = np.array([photo.measures[name] for photo in measured])
        low, middle = np.nanpercentile(rows, (10, 50), axis=0).tolist()
        found.append(
            Ceiling(
                name=name,
                psnr=middle[0],
                psnr_p10=low[0],
                colorfulness_ratio=middle[1],
                colorfulness_ratio_p10=low[1],
                effective_colors=middle[2],
            )
        )
    return found


def best_ceiling(table: Sequence[Ceiling]) -> Ceiling:
    """Return the palette with the best sum of ranks; the PSNR of the worst tenth breaks ties.

    Ranked are that PSNR, both colourfulness ratios (the better the nearer to 1) and the effective
    colours.
    """
    columns = [
        [row.psnr_p10 for row in table],
        [-abs(1 - row.colorfulness_ratio) for row in table],
        [-abs(1 - row.colorfulness_ratio_p10) for row in table],
        [row.effective_colors for row in table],
    ]
    ranks = [[sum(other > value for other in column) for value in column] for column in columns]
    totals = [sum(column[i] for column in ranks) for i in range(len(table))]
    return min(zip(totals, table, strict=True), key=lambda pair: (pair[0], -pair[1].psnr_p10))[1]


def prior_error(counts: Int[np.ndarray, "photos n"], learnt_from: int) -> PriorError:
    """Measure how the prior's error falls with the number of photos.

    Args:
        counts: pixels of each bin, a row a photo, in an order that says nothing.
        learnt_from: photos that the palette at hand was learnt from.
    """
    total = counts.sum(axis=0)
    sizes, errors = [], []
    size = 1
    while size <= len(counts) // 2:
        blocks = min(_BLOCKS, len(counts) // size)
        parts = [counts[b * size : (b + 1) * size].sum(axis=0) for b in range(blocks)]
        found = float(np.median([_distance(part, total - part) for part in parts]))
        # The variances of both sides add up: 1/size of it is the part's own.
        own = (1 / size) / (1 / size + 1 / (len(counts) - size))
        errors.append(float(found * np.sqrt(own)))
        sizes.append(size)
        size *= 2
    if not sizes:
        return PriorError()
    # error ≈ slope / √photos; the larger half of the sizes tells best how it goes on
    slopes = [error * np.sqrt(size) for size, error in zip(sizes, errors, strict=True)]
    slope = float(np.median(slopes[len(slopes) // 2 :]))
    return PriorError(
        photos=sizes,
        errors=errors,
        now=float(slope / np.sqrt(max(1, learnt_from))),
        photos_enough=int(np.ceil((slope / _GOAL) ** 2)),
    )


def in_keyed_order(measured: Sequence[PhotoMeasures]) -> list[PhotoMeasures]:
    """Return the photos in an order that neither folder nor time decides."""
    return sorted(measured, key=lambda photo: keyed_hash("measure", photo.key))


def _measure(
    key: str,
    image: Image.Image,
    palettes: Mapping[str, Palette],
    tables: Mapping[str, UInt8[np.ndarray, "261632"]],
) -> PhotoMeasures:
    truth = np.asarray(image) / 255.0
    luma = rgb_to_yuv(truth)[..., :1]
    index = difference_index(image).reshape(image.height, image.width)
    true_colorfulness = colorfulness(truth)
    measures, bin_counts = {}, {}
    for name, palette in palettes.items():
        bins = tables[name][index]
        painted = yuv_to_rgb(np.concatenate((luma, palette.centers[bins]), axis=-1))
        counts = np.bincount(bins.ravel(), minlength=palette.n)
        ratio = colorfulness(painted) / true_colorfulness if true_colorfulness > 1 else np.nan
        measures[name] = (psnr(painted, truth), ratio, effective_colors(counts))
        bin_counts[name] = counts
    return PhotoMeasures(key, measures, bin_counts)


def _distance(first: Float[np.ndarray, "n"], second: Float[np.ndarray, "n"]) -> float:
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)
