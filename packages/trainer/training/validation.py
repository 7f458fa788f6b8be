"""Validation after an epoch: loss and measures of colour on held-out samples."""

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from colorcore import IGNORE_BIN, Palette, annealed_mean
from colorcore.measures import HUE_FAMILIES
from colorunet.networks import PixelClassifier
from trainer.data.batch import Batch, to_network_input
from trainer.errors import TrainerError
from trainer.evaluation.colors import decoded_colors, quantized_colors
from trainer.evaluation.epoch_measures import EPOCH_MEASURES
from trainer.evaluation.measure import ImageMeasures, measure, table
from trainer.evaluation.measures import family_measure
from trainer.evaluation.summary import summarize
from trainer.training.losses import Targets, training_loss

_EVERY_OTHER = (slice(None, None, 2),) * 2
_FAMILIES = (*(family_measure(family) for family in HUE_FAMILIES), "gray_recall")


class _Judged:
    """Accumulates measures of streamed images."""

    def __init__(self, palette: Palette, temperature: float) -> None:
        self._palette, self._temperature = palette, temperature
        self._measured: list[ImageMeasures] = []
        self._truths: list[ImageMeasures] = []
        self._right = 0
        self._known = 0

    def add(
        self,
        luma: UInt8[np.ndarray, "h w"],
        bins: UInt8[np.ndarray, "h w"],
        logits: Float[Tensor, "h w n"],
    ) -> None:
        """Add one image."""
        known = bins != IGNORE_BIN
        if not known.any():
            return
        if not bool(torch.isfinite(logits).all()):
            raise TrainerError("validation: the logits are no longer finite; lower learning_rate")
        uv = annealed_mean(logits, self._palette, self._temperature).numpy()
        truth = quantized_colors(luma, bins, self._palette)
        colors = decoded_colors(luma, uv, self._palette)
        n = self._palette.n
        self._measured.append(measure(colors, truth, n, structure=False, lab=False))
        self._truths.append(measure(truth, truth, n, structure=False, lab=False))
        self._right += int(((logits.argmax(-1).numpy() == bins) & known).sum())
        self._known += int(known.sum())

    def result(self, loss: float) -> dict[str, float]:
        """Return the ``EPOCH_MEASURES`` of all images."""
        figures: dict[str, float] = {}
        if self._truths:
            truth = table(self._truths)
            figures = summarize(table(self._measured), truth, truth)
        recalls = [figures.get(name, math.nan) for name in _FAMILIES]
        families = [recall for recall in recalls if not math.isnan(recall)]
        figures |= {
            "loss": loss,
            "accuracy": self._right / max(1, self._known),
            "color_score": float(np.mean(families)) if families else 0.0,
        }
        return {name: _or_zero(figures.get(name, 0.0)) for name in EPOCH_MEASURES}


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


@torch.no_grad()
def validate(
    network: PixelClassifier,
    batches: Iterable[Batch],
    *,
    palette: Palette,
    targets: Targets,
    temperature: float,
    coarse_loss: bool,
    device: torch.device,
    autocast: Callable[[], AbstractContextManager[object]],
) -> dict[str, float]:
    """Return the ``EPOCH_MEASURES`` of ``network``, in eval mode meanwhile, on whole samples.

    They are taken at the network's own resolution: colours are decoded by the annealed mean and
    compared with the quantised truth; `trainer evaluate` measures at full resolution against the
    photos. Undefined measures, such as hue recall without hues, are 0.
    """
    judged = _Judged(palette, temperature)
    total, pixels = 0.0, 0
    training = network.training
    network.eval()
    step = network.logits_stride
    thin = _places(step) if coarse_loss else _EVERY_OTHER
    for batch in batches:
        luma, bins = to_network_input(batch.to(device))
        with autocast():
            logits = network(luma, coarse=coarse_loss)
        compared = coarse_bins(bins, step) if coarse_loss else bins
        real = len(batch.keys) - batch.micro_batch.padding
        total += float(training_loss(logits, compared, targets, scale=1.0))
        pixels += real * compared[0].numel()
        if not coarse_loss:
            logits = logits[..., *thin]
        for image in range(real):
            judged.add(
                batch.luma[image][thin].numpy(),
                batch.bins[image][thin].numpy(),
                logits[image].permute(1, 2, 0).float().cpu(),
            )
    network.train(training)
    return judged.result(total / max(1, pixels))


def coarse_bins(bins: Tensor, step: int) -> Tensor:
    """Return every ``step``-th pixel each way, the middle one of its cell."""
    return bins if step == 1 else bins[..., *_places(step)].contiguous()


def _places(step: int) -> tuple[slice, slice]:
    return (slice(step // 2, None, step),) * 2
