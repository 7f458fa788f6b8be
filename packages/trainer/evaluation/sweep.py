"""How the decoding temperature trades error for colour, and which one to take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8

from colorunet.prediction.colorizer import Colorizer
from trainer.evaluation.measure import Colors, ImageMeasures, decoded_colors, measure
from trainer.evaluation.summary import Table, summarize, table

TEMPERATURES = (1.0, 0.7, 0.5, 0.38, 0.3, 0.24, 0.18, 0.12, 0.06, 0.001)
_STEP = 2  # every second pixel along both axes: shares and means stay, a quarter of the work
_COLORFUL = (0.85, 1.1)
_EFFECTIVE = 0.85
RULE = (
    "among the temperatures whose median colourfulness ratio lies in 0.85 to 1.1 and whose "
    "effective-colours ratio is at least 0.85, the one with the lowest CIEDE2000; where none is, "
    "the one that misses these two by least"
)
_SHOWN = (
    "effective_colors_ratio",
    "distinct_colors",
    "colorfulness_ratio",
    "colorfulness_ratio_p10",
    "chroma_spread_ratio",
    "hue_family_recall",
    "macro_recall",
    "auc_balanced",
    "ciede2000",
    "psnr",
)


@dataclass(frozen=True)
class SweepPoint:
    """The measures at one temperature."""

    temperature: float
    measures: dict[str, float | None]


class Sweep:
    """Measures the same logits at many temperatures, image by image."""

    def __init__(self, temperatures: Sequence[float] = TEMPERATURES) -> None:
        self._images: dict[float, list[ImageMeasures]] = {t: [] for t in temperatures}
        self._truth: list[ImageMeasures] = []
        self._ceiling: list[ImageMeasures] = []

    @property
    def images(self) -> int:
        """How many images were added."""
        return len(self._truth)

    def add(
        self,
        colorizer: Colorizer,
        logits: Float[torch.Tensor, "h w n"],
        luma: UInt8[np.ndarray, "h w"],
        *,
        truth: Colors,
        ceiling: Colors,
    ) -> None:
        """Decode one image at every temperature and measure it."""
        n = colorizer.palette.n
        thin_luma, thin_logits = luma[::_STEP, ::_STEP], logits[::_STEP, ::_STEP]
        thin_truth = truth.thinned(_STEP)
        self._truth.append(measure(thin_truth, thin_truth, n, structure=False))
        self._ceiling.append(measure(ceiling.thinned(_STEP), thin_truth, n, structure=False))
        for temperature, images in self._images.items():
            how = replace(colorizer.decoding, temperature=temperature)
            uv = colorizer.decode(thin_logits, how)
            colors = decoded_colors(thin_luma, uv, colorizer.palette)
            images.append(measure(colors, thin_truth, n, structure=False))

    def points(self) -> list[SweepPoint]:
        """Return the figures at each temperature, in the order given."""
        truth, ceiling = table(self._truth), table(self._ceiling)
        return [
            SweepPoint(temperature, _chosen(table(images), truth, ceiling))
            for temperature, images in self._images.items()
        ]


def suggested_temperature(points: Sequence[SweepPoint]) -> float:
    """Return the temperature that ``RULE`` picks."""
    return min(points, key=lambda p: (_missed(p), p.measures["ciede2000"] or 0.0)).temperature


def _missed(point: SweepPoint) -> float:
    colorful = point.measures["colorfulness_ratio"]
    effective = point.measures["effective_colors_ratio"]
    if colorful is None or effective is None:
        return math.inf
    too_little, too_much = max(_COLORFUL[0] - colorful, 0.0), max(colorful - _COLORFUL[1], 0.0)
    return too_little + too_much + max(_EFFECTIVE - effective, 0.0)


def _chosen(measured: Table, truth: Table, ceiling: Table) -> dict[str, float | None]:
    figures = summarize(measured, truth, ceiling)
    return {name: figures[name] if math.isfinite(figures[name]) else None for name in _SHOWN}
