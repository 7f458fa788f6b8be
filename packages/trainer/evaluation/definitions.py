"""Every measure by its full name: what it is, and which way is better."""

from collections.abc import Collection
from dataclasses import dataclass

from colorcore.measures import HUE_FAMILIES


@dataclass(frozen=True)
class Measure:
    """A measure's label for people, its exact definition, and what a good value is.

    ``aim`` is ``high``, ``low`` or ``truth`` (near the truth's own value; for a ratio near 1).
    """

    label: str
    definition: str
    aim: str = "high"
    digits: int = 2


def family_measure(family: str) -> str:
    """Return the name of the measure that holds a hue family's recall."""
    return "hue_recall_" + family.replace("-", "_")


_BINS = "bins of the decoded U and V in the run's palette"
MEASURES = {
    "effective_colors": Measure(
        "effective colours", f"exp(entropy) of an image's {_BINS}; median over images", "truth"
    ),
    "effective_colors_ratio": Measure(
        "… ratio", "median effective colours / quantised truth's median", "truth"
    ),
    "distinct_colors": Measure(
        "distinct colours",
        "bins with at least 1 % of an image's pixels; median over images",
        "truth",
        1,
    ),
    "colorfulness": Measure(
        "colourfulness M",
        "Hasler & Süsstrunk 2003, signed rg = R - G and yb = (R + G)/2 - B on 0 to 255, "
        "population std; median over images",
        "truth",
        1,
    ),
    "colorfulness_ratio": Measure(
        "… ratio", "M of the image / M of its truth; median over images with true M >= 1", "truth"
    ),
    "colorfulness_ratio_p10": Measure(
        "… ratio, 10th pct", "the same; 10th percentile over images", "truth"
    ),
    "chroma_spread_ratio": Measure(
        "chroma spread ratio",
        "sqrt(trace cov(U, V)) of the image / of its truth; median over images whose truth has "
        "at least 0.005",
        "truth",
    ),
    "hue_coverage": Measure(
        "hue coverage",
        "share of 12 hue sectors with at least 1 % of the pixels at chroma > 0.03; mean over "
        "images",
        "truth",
    ),
    "hue_coverage_ratio": Measure("… ratio", "mean hue coverage / truth's mean", "truth"),
    "hue_family_recall": Measure(
        "hue-family recall",
        "pixels of true chroma > 0.05 given a hue within 45 degrees of the true one at chroma "
        "> 0.03, over all images' pixels; mean of the six families that truth has",
    ),
    **{
        family_measure(family): Measure(f"… {family}", f"the same, of the family {family}")
        for family in HUE_FAMILIES
    },
    "gray_recall": Measure(
        "gray recall",
        "pixels of true chroma < 0.02 given chroma < 0.05, over all images' pixels",
    ),
    "top_two_mass": Measure(
        "top-2 mass", f"share of all images' pixels in the two fullest {_BINS}", "truth"
    ),
    "largest_bin_excess": Measure(
        "largest bin excess",
        "largest share of a bin / its share in truth, over bins that hold at least 1 % of the "
        "pixels given or true",
        "low",
    ),
    "macro_recall": Measure(
        "macro recall",
        "share of a true bin's pixels given that bin, mean over the bins that truth has",
        digits=3,
    ),
    "auc": Measure(
        "AuC",
        "area under the share of pixels within t of the truth in ab (CIELAB D65), t from 0 to 150 "
        "(Zhang et al. 2016); all pixels alike",
        digits=3,
    ),
    "auc_balanced": Measure(
        "AuC, class-balanced",
        "the same, each pixel weighted by 1 / (share of its true bin in these images)",
        digits=3,
    ),
    "ciede2000": Measure(
        "CIEDE2000", "Sharma et al. 2005, mean over pixels, then over images", "low"
    ),
    "between_image_spread_ratio": Measure(
        "between-image spread ratio",
        "sqrt(trace cov) over images of the mean U and V / truth's",
        "truth",
    ),
    "psnr": Measure(
        "PSNR dB", "RGB in [0, 1], full view, 10 log10(1 / MSE); mean over images", "high", 2
    ),
    "ssim": Measure(
        "SSIM",
        "Wang et al. 2004, 11 x 11 Gaussian, sigma 1.5, RGB channels averaged; mean over images",
        "high",
        3,
    ),
}

FEW_IMAGES = "biased upwards for few images: it takes some thousands to mean anything"
# Measured only where their pretrained parameters are given; see ``perceptual`` and ``pretrained``.
PERCEPTUAL_MEASURES = {
    "lpips": Measure(
        "LPIPS",
        "Zhang et al. 2018, v0.1, AlexNet; RGB rounded to 8 bits, then in [-1, 1], views at their "
        "own size; distance to truth, mean over images",
        "low",
        3,
    ),
    "fid": Measure(
        "FID",
        "Heusel et al. 2017, Inception of 2015-12-05, its 2048 features via torch-fidelity, which "
        "scales views to 299 px; RGB rounded to 8 bits; Fréchet distance to the truths of the same "
        f"images; {FEW_IMAGES}",
        "low",
    ),
    "class_kept": Measure(
        "class kept",
        "share of images that EfficientNet-Lite0 (ImageNet-1k) gives the class that it gives the "
        "truth, views at their own size: Zhang et al. 2016's semantic test, without labels",
        "high",
    ),
    "class_found": Measure(
        "class found",
        "share of images whose class EfficientNet-Lite0 (ImageNet-1k) finds, of those whose name "
        "carries it (n01514859…): Zhang et al. 2016's semantic test",
        "high",
    ),
    "class_won_back": Measure(
        "class won back",
        "share of what gray loses of truth's class found that is found again",
        "high",
    ),
    "frechet_lite0": Measure(
        "Fréchet, Lite0",
        "Fréchet distance to the truths of the same images in EfficientNet-Lite0's 1280 features; "
        f"not FID, whose network is another; {FEW_IMAGES}",
        "low",
        1,
    ),
}


def full_label(name: str) -> str:
    """Return a measure's label with that of its parent, where it goes on from one."""
    labels = list(MEASURES)
    label = (MEASURES | PERCEPTUAL_MEASURES)[name].label
    if not label.startswith("…"):
        return label
    parent = next(
        MEASURES[before].label
        for before in reversed(labels[: labels.index(name)])
        if not MEASURES[before].label.startswith("…")
    )
    return parent + label.replace("…", ",")


def definitions_with(perceptual: Collection[str] = ()) -> dict[str, str]:
    """Return the definition of every measure, and of those of ``PERCEPTUAL_MEASURES`` given."""
    measures = MEASURES | {name: PERCEPTUAL_MEASURES[name] for name in perceptual}
    return {name: measure.definition for name, measure in measures.items()}
