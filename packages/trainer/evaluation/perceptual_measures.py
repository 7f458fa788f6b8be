"""Measures by pretrained networks, taken only if their parameters are given.

``perceptual`` measures them; ``pretrained`` says what they need.
"""

import math

from trainer.evaluation.measure_kind import Measure

FEW_IMAGES = "biased upwards for few images: it takes some thousands to mean anything"
PERCEPTUAL_MEASURES = {
    "lpips": Measure(
        "LPIPS",
        "Zhang et al. 2018, v0.1, AlexNet; RGB rounded to 8 bits, then in [-1, 1], views at their "
        "own size; distance to truth, mean over images",
        aim="low",
        digits=3,
    ),
    "fid": Measure(
        "FID",
        "Heusel et al. 2017, Inception of 2015-12-05, its 2048 features via torch-fidelity, which "
        "scales views to 299 px; RGB rounded to 8 bits; Fréchet distance to the truths of the same "
        f"images; {FEW_IMAGES}",
        aim="low",
    ),
    "class_kept": Measure(
        "class kept",
        "share of images that EfficientNet-Lite0 (ImageNet-1k) gives the class that it gives the "
        "truth, views at their own size: Zhang et al. 2016's semantic test, without labels",
        most=1,
    ),
    "class_found": Measure(
        "class found",
        "share of images whose class EfficientNet-Lite0 (ImageNet-1k) finds, of those whose name "
        "carries it (n01514859…): Zhang et al. 2016's semantic test",
        most=1,
    ),
    "class_won_back": Measure(
        "class won back",
        "share of what gray loses of truth's class found that is found again",
        least=-math.inf,
        most=1,
    ),
    "frechet_lite0": Measure(
        "Fréchet, Lite0",
        "Fréchet distance to the truths of the same images in EfficientNet-Lite0's 1280 features; "
        f"not FID, whose network is another; {FEW_IMAGES}",
        aim="low",
        digits=1,
    ),
}
