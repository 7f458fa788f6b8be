"""Sweep of the decoding temperature: error against colourfulness, and a suggestion."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8

from colorunet.coloring.colorizer import Colorizer
from trainer.evaluation.colors import Colors, decoded_colors
from trainer.evaluation.criteria import cost, verdicts
from trainer.evaluation.criterion import Criterion
from trainer.evaluation.measure import ImageMeasures, measure, table
from trainer.evaluation.summary import summarize

TEMPERATURES = (1.0, 0.7, 0.5, 0.38, 0.3, 0.24, 0.18, 0.12, 0.06, 0.001)
_STEP = 2  # every second pixel along both axes: shares and means stay, a quarter of the work
RULE = (
    "the temperature that misses the criteria by least in sum, an error of one CIEDE2000 counting "
    "like 15 per cent of one missed; `trainer calibrate` chooses by the same rule"
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
        """Number of images."""
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
            SweepPoint(temperature, _known(summarize(table(images), truth, ceiling)))
            for temperature, images in self._images.items()
        ]


def suggested_temperature(points: Sequence[SweepPoint], criteria: Sequence[Criterion]) -> float:
    """Return the temperature chosen by ``RULE``."""

    def of(point: SweepPoint) -> float:
        return cost(verdicts(point.measures, criteria), point.measures["ciede2000"] or math.inf)

    return min(points, key=of).temperature


def _known(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
