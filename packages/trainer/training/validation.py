"""How a network does on held-out samples, cheaply enough for every epoch: loss and colours."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from colorcore import (
    IGNORE_BIN,
    Palette,
    annealed_mean,
    bins_to_uv,
    uv_to_bins,
    yuv_to_rgb,
)
from colorcore.measures import (
    bin_counts,
    colorfulness,
    distinct_colors,
    effective_colors,
    hue_family_counts,
)
from colorunet.networks import PixelClassifier
from trainer.data.batch import Batch, to_network_input
from trainer.errors import TrainerError
from trainer.training.losses import Targets, training_loss

_GRAY_TRUTH = 0.02  # chroma below which a true pixel is called gray
_GRAY_ENOUGH = 0.05  # chroma up to which a prediction for it is


@dataclass(frozen=True)
class Validation:
    """Measures over the validation samples, at the network's own resolution.

    Colours are decoded by the annealed mean and compared with the palette's version of the truth;
    `trainer evaluate` measures at full resolution against the photos themselves.

    Args:
        loss: what the fit minimises, a pixel.
        accuracy: share of pixels given their bin.
        effective_colors: median over images of exp(entropy) of the decoded bins.
        effective_ratio: the same divided by that of the truth.
        distinct_colors: median over images of the bins with at least 1 % of the pixels.
        colorfulness_ratio: median over images, of prediction to truth.
        hue_recall: mean over the six hue families of the share within 45° of the true hue.
        gray_recall: share of the gray pixels that stay nearly gray.
        color_score: mean over seven families, the six of hue and gray.
    """

    loss: float
    accuracy: float
    effective_colors: float
    effective_ratio: float
    distinct_colors: float
    colorfulness_ratio: float
    hue_recall: float
    gray_recall: float
    color_score: float

    def measures(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


class _Tally:
    def __init__(self, palette: Palette, temperature: float) -> None:
        self._palette = palette
        self._temperature = temperature
        self._per_image: list[tuple[float, float, float, float]] = []
        self._hue_hits = np.zeros(6)
        self._hue_pixels = np.zeros(6)
        self._gray = np.zeros(2)
        self._right = 0
        self._known = 0

    def add(self, luma: Tensor, bins: Tensor, logits: Tensor) -> None:
        """Take one image in: luma (h, w), bins (h, w), logits (h, w, n)."""
        known = bins != IGNORE_BIN
        if not bool(known.any()):
            return
        truth_bins = bins[known].long()
        kept = logits[known].float()
        if not bool(torch.isfinite(kept).all()):
            raise TrainerError("validation: the logits are no longer finite; lower learning_rate")
        uv = annealed_mean(kept, self._palette, self._temperature).double()
        truth = bins_to_uv(truth_bins, self._palette)
        self._right += int((kept.argmax(-1) == truth_bins).sum())
        self._known += int(known.sum())
        hits, pixels = hue_family_counts(uv, truth)
        self._hue_hits += np.asarray(hits)
        self._hue_pixels += np.asarray(pixels)
        gray = torch.hypot(truth[..., 0], truth[..., 1]) < _GRAY_TRUTH
        still = gray & (torch.hypot(uv[..., 0], uv[..., 1]) < _GRAY_ENOUGH)
        self._gray += (float(still.sum()), float(gray.sum()))
        y = luma[known].double()[:, None]
        n = self._palette.n
        counts = bin_counts(uv_to_bins(uv, self._palette), n)
        true_counts = bin_counts(truth_bins, n)
        true_colorfulness = colorfulness(yuv_to_rgb(torch.cat((y, truth), -1)))
        colorful = colorfulness(yuv_to_rgb(torch.cat((y, uv), -1)))
        effective = effective_colors(counts)
        self._per_image.append(
            (
                effective,
                effective / effective_colors(true_counts),
                distinct_colors(counts),
                colorful / max(true_colorfulness, 1e-6),
            )
        )

    def result(self, loss: float) -> Validation:
        """Return the measures of everything added."""
        medians = np.median(np.array(self._per_image or [(1.0, 0.0, 1.0, 0.0)]), axis=0)
        present = self._hue_pixels > 0
        recalls = self._hue_hits[present] / self._hue_pixels[present]
        hue = float(recalls.mean()) if present.any() else 0.0
        gray = float(self._gray[0] / self._gray[1]) if self._gray[1] else 0.0
        families = [*recalls, *([gray] if self._gray[1] else [])]
        return Validation(
            loss=loss,
            accuracy=self._right / max(1, self._known),
            effective_colors=float(medians[0]),
            effective_ratio=float(medians[1]),
            distinct_colors=float(medians[2]),
            colorfulness_ratio=float(medians[3]),
            hue_recall=hue,
            gray_recall=gray,
            color_score=float(np.mean(families)) if families else 0.0,
        )


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
) -> Validation:
    """Judge ``network`` (put into eval mode meanwhile) on batches of whole samples."""
    tally = _Tally(palette, temperature)
    total, pixels = 0.0, 0
    training = network.training
    network.eval()
    step = network.logits_stride
    for batch in batches:
        luma, bins = to_network_input(batch.to(device))
        with autocast():
            logits = network(luma, coarse=coarse_loss)
        compared = coarse_bins(bins, step) if coarse_loss else bins
        real = len(batch.keys) - batch.micro_batch.padding
        total += float(training_loss(logits, compared, targets, scale=1.0))
        pixels += real * compared[0].numel()
        if not coarse_loss:
            logits, luma, bins = logits[..., ::2, ::2], luma[..., ::2, ::2], bins[..., ::2, ::2]
        else:
            luma, bins = coarse_luma(luma, step), compared
        for image in range(real):
            tally.add(luma[image, 0].cpu(), bins[image].cpu(), logits[image].permute(1, 2, 0).cpu())
    network.train(training)
    return tally.result(total / max(1, pixels))


def coarse_bins(bins: Tensor, step: int) -> Tensor:
    """Return every ``step``-th pixel each way, the middle one of the place it stands for."""
    return bins if step == 1 else bins[..., step // 2 :: step, step // 2 :: step].contiguous()


def coarse_luma(luma: Tensor, step: int) -> Tensor:
    """Return the luma of the pixels that ``coarse_bins`` takes."""
    return luma if step == 1 else luma[..., step // 2 :: step, step // 2 :: step]
