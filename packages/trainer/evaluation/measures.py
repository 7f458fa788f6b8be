"""Every measure of a colourisation: name, formula, range, direction, criterion, label and help.

A new measure is one entry of ``MEASURES``, with what it takes of a single image in ``image``.
Evaluation, validation, calibration, diagnosis, pages and model cards read this table.
"""

import math

from colorcore import ciede2000
from colorcore.measures import (
    HUE_FAMILIES,
    chroma_spread,
    colorfulness,
    distinct_colors,
    effective_colors,
    hue_coverage,
    psnr,
)
from trainer.evaluation.criterion import Criterion
from trainer.evaluation.formulas import (
    area,
    bin_recall,
    family_recall,
    grid,
    largest_excess,
    mean_family_recall,
    spread_of_means,
    top_two,
)
from trainer.evaluation.measure_kind import LAB, STRUCTURE, ImageFigure, Measure, ToTruth
from trainer.evaluation.pool import percentile, ratio, ratios
from trainer.evaluation.structural import ssim

_LEAST_COLORFULNESS, _LEAST_SPREAD = 1.0, 0.005  # below, a truth is gray and no measure of ratios


def family_measure(family: str) -> str:
    """Return the name of the measure of a hue family's recall."""
    return "hue_recall_" + family.replace("-", "_")


_BINS = "bins of the decoded U and V in the run's palette"
_M = "Hasler & Süsstrunk 2003, signed rg = R - G and yb = (R + G)/2 - B on 0 to 255"
_DELTA_CF = f"|mean M - truth's mean M|, M by {_M} (Kang et al. 2023, arXiv:2212.11613)"
MEASURES = {
    "effective_colors": Measure(
        "effective colours",
        f"exp(entropy) of an image's {_BINS}; median over images",
        lambda pool: pool.median("effective_colors"),
        aim="truth",
        least=1,
        image=ImageFigure(
            lambda _, __, counts: effective_colors(counts) if counts.any() else math.nan
        ),
    ),
    "effective_colors_ratio": Measure(
        "… ratio",
        "median effective colours / quantised truth's median",
        lambda pool: ratio(
            pool.median("effective_colors"), pool.median("effective_colors", "ceiling")
        ),
        aim="truth",
        criterion=Criterion(
            "effective_colors_ratio", 0.75, None, "fewer colours than truth has are a tint"
        ),
        short="effective",
    ),
    "distinct_colors": Measure(
        "distinct colours",
        "bins with at least 1 % of an image's pixels; median over images",
        lambda pool: pool.median("distinct_colors"),
        aim="truth",
        digits=1,
        most=100,
        image=ImageFigure(lambda _, __, counts: float(distinct_colors(counts))),
        short="distinct",
    ),
    "colorfulness": Measure(
        "colourfulness M",
        f"{_M}, population std; median over images",
        lambda pool: pool.median("colorfulness"),
        aim="truth",
        digits=1,
        image=ImageFigure(lambda colors, _, __: colorfulness(colors.rgb)),
    ),
    "colorfulness_ratio": Measure(
        "… ratio",
        "M of the image / M of its truth; median over images with true M >= 1",
        lambda pool: pool.median("colorfulness_ratio"),
        aim="truth",
        criterion=Criterion(
            "colorfulness_ratio", 0.65, 1.1, "below is washed out, above louder than photos are"
        ),
        to_truth=lambda measured, truth: ratios(
            measured["colorfulness"], truth["colorfulness"], least=_LEAST_COLORFULNESS
        ),
        short="colourful",
    ),
    "colorfulness_ratio_p10": Measure(
        "… ratio, 10th pct",
        "the same; 10th percentile over images",
        lambda pool: percentile(pool.each("colorfulness_ratio"), 10),
        aim="truth",
        criterion=Criterion("colorfulness_ratio_p10", 0.3, None, "the dullest tenth isn't gray"),
        short="… 10th pct",
    ),
    "delta_colorfulness": Measure(
        "ΔCF", _DELTA_CF, lambda pool: pool.off_truth("colorfulness"), aim="low", digits=1
    ),
    "chroma_spread_ratio": Measure(
        "chroma spread ratio",
        "sqrt(trace cov(U, V)) of the image / of its truth; median over images whose truth has "
        "at least 0.005",
        lambda pool: pool.median("chroma_spread_ratio"),
        aim="truth",
        to_truth=lambda measured, truth: ratios(
            measured["chroma_spread"], truth["chroma_spread"], least=_LEAST_SPREAD
        ),
    ),
    "hue_coverage": Measure(
        "hue coverage",
        "share of 12 hue sectors with at least 1 % of the pixels at chroma > 0.03; mean over "
        "images",
        lambda pool: pool.mean("hue_coverage"),
        aim="truth",
        most=1,
        image=ImageFigure(lambda colors, _, __: hue_coverage(colors.uv)),
    ),
    "hue_coverage_ratio": Measure(
        "… ratio",
        "mean hue coverage / truth's mean",
        lambda pool: ratio(pool.mean("hue_coverage"), pool.mean("hue_coverage", "truth")),
        aim="truth",
    ),
    "hue_family_recall": Measure(
        "hue-family recall",
        "pixels of true chroma > 0.05 given a hue within 45 degrees of the true one at chroma "
        "> 0.03, over all images' pixels; mean of the six families that truth has",
        mean_family_recall,
        most=1,
        criterion=Criterion("hue_family_recall", 0.5, None, "coloured things have about their hue"),
        short="hue recall",
    ),
    **{
        family_measure(family): Measure(
            f"… {family}", f"the same, of the family {family}", family_recall(number), most=1
        )
        for number, family in enumerate(HUE_FAMILIES)
    },
    "gray_recall": Measure(
        "gray recall",
        "pixels of true chroma < 0.02 given chroma < 0.05, over all images' pixels",
        lambda pool: ratio(float(pool.total("gray_hits")), float(pool.total("gray_pixels"))),
        most=1,
    ),
    "skin_recall": Measure(
        "skin: right hue",
        "pixels of skin's colours (the box of Chai & Ngan 1999 within 30 degrees of YIQ's I axis; "
        "wood and sand lie there too) given such a hue at chroma > 0.03, over all images' pixels",
        lambda pool: ratio(float(pool.total("skin_hits")), float(pool.total("skin_pixels"))),
        most=1,
    ),
    "skin_gray": Measure(
        "skin: gray",
        "the same pixels given chroma of at most 0.03",
        lambda pool: ratio(float(pool.total("skin_grays")), float(pool.total("skin_pixels"))),
        aim="low",
        most=1,
    ),
    "top_two_mass": Measure(
        "top-2 mass",
        f"share of all images' pixels in the two fullest {_BINS}",
        top_two,
        aim="truth",
        most=1,
    ),
    "largest_bin_excess": Measure(
        "largest bin excess",
        "largest share of a bin / its share in truth, over bins that hold at least 1 % of the "
        "pixels given or true",
        largest_excess,
        aim="low",
        criterion=Criterion("largest_bin_excess", None, 3.0, "no colour floods the pictures"),
    ),
    "grid": Measure(
        "grid",
        "mean chroma step across every 8th, 16th or 32nd row and column / mean step between them, "
        "over quantised truth's; the largest of the three; 1 shows no grid",
        grid,
        aim="low",
        criterion=Criterion("grid", None, 1.05, "no grid of the network's strides shows"),
    ),
    "macro_recall": Measure(
        "macro recall",
        "share of a true bin's pixels given that bin, mean over the bins that truth has",
        bin_recall,
        digits=3,
        most=1,
    ),
    "auc": Measure(
        "AuC",
        "area under the share of pixels within t of the truth in ab (CIELAB D65), t from 0 to 150 "
        "(Zhang et al. 2016); all pixels alike",
        lambda pool: area(pool, balanced=False),
        digits=3,
        most=1,
    ),
    "auc_balanced": Measure(
        "AuC, class-balanced",
        "the same, each pixel weighted by 1 / (share of its true bin in these images)",
        lambda pool: area(pool, balanced=True),
        digits=3,
        most=1,
        short="AuC bal.",
    ),
    "ciede2000": Measure(
        "CIEDE2000",
        "Sharma et al. 2005, mean over pixels, then over images",
        lambda pool: pool.mean("ciede2000"),
        aim="low",
        image=ImageFigure(
            lambda colors, truth, _: (
                0.0 if colors is truth else float(ciede2000(colors.lab, truth.lab).mean())
            ),
            LAB,
        ),
    ),
    "between_image_spread_ratio": Measure(
        "between-image spread ratio",
        "sqrt(trace cov) over images of the mean U and V / truth's",
        spread_of_means,
        aim="truth",
    ),
    "psnr": Measure(
        "PSNR dB",
        "RGB in [0, 1], full view, 10 log10(1 / MSE); mean over images",
        lambda pool: pool.mean("psnr"),
        image=ImageFigure(lambda colors, truth, _: psnr(colors.rgb, truth.rgb)),
        short="PSNR",
    ),
    "ssim": Measure(
        "SSIM",
        "Wang et al. 2004, 11 x 11 Gaussian, sigma 1.5, RGB channels averaged; mean over images",
        lambda pool: pool.mean("ssim"),
        digits=3,
        least=-1,
        most=1,
        image=ImageFigure(
            lambda colors, truth, _: 1.0 if colors is truth else ssim(colors.rgb, truth.rgb),
            STRUCTURE,
        ),
    ),
}
# Figures of single images; the first of each kind is no measure by itself.
IMAGE_FIGURES = {"chroma_spread": ImageFigure(lambda colors, _, __: chroma_spread(colors.uv))} | {
    name: measure.image for name, measure in MEASURES.items() if measure.image is not None
}
FIGURES_TO_TRUTH: dict[str, ToTruth] = {
    name: measure.to_truth for name, measure in MEASURES.items() if measure.to_truth is not None
} | {
    "hue_accuracy": lambda measured, _: ratios(
        measured["family_hits"].sum(axis=1), measured["family_pixels"].sum(axis=1), least=1
    )
}
