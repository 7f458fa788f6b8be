"""Probes without ground truth: dependence of colours on the image and on the position."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from colorcore.measures import row_correlation
from colorunet.coloring.colorizer import Colorizer

_GRAY_LEVELS = (64, 128, 192)
_UNSEEN_SPREAD = 0.004  # one level of 255: a trend this weak shows in no picture


@dataclass(frozen=True)
class PositionProbe:
    """Correlation of the predicted U and V with the row, independent of the content.

    Args:
        gray: the strongest over constant inputs of luma 64, 128 and 192.
        flipped: over photos: the mean of the correlation for the photo and for the photo upside
            down. The part due to the content changes sign and cancels; a memorized layout stays.
            Median over the photos, the stronger of U and V.
        strongest: the larger of the two in magnitude.
    """

    gray: float
    flipped: float
    strongest: float


def probe_position(
    colorizer: Colorizer, photos: Sequence[UInt8[np.ndarray, "h w"]]
) -> PositionProbe:
    """Measure whether colour depends on the row; an invisible variation counts as none."""
    shape = photos[0].shape
    flat = [np.full(shape, level, dtype=np.uint8) for level in _GRAY_LEVELS]
    gray = _strongest([r for level in flat for r in _row_trend(_uv(colorizer, level))])
    trends = [
        (_row_trend(_uv(colorizer, luma)), _row_trend(_uv(colorizer, luma[::-1])))
        for luma in photos
    ]
    flipped = _strongest(np.median(np.mean(np.array(trends), axis=1), axis=0))
    return PositionProbe(gray, flipped, _strongest((gray, flipped)))


class Information:
    """Mutual information of image and bin, accumulated at temperature 1."""

    def __init__(self, n: int) -> None:
        self._mass = np.zeros(n)
        self._entropy = 0.0
        self._pixels = 0

    def add(self, logits: Float[torch.Tensor, "h w n"]) -> None:
        """Add one image."""
        with torch.inference_mode():
            flat = logits.reshape(-1, logits.shape[-1])
            log_p = torch.log_softmax(flat, dim=-1)
            p = log_p.exp()
            self._entropy += float(-(p * log_p).sum())
            self._mass += p.sum(dim=0).double().cpu().numpy()
            self._pixels += flat.shape[0]

    @property
    def mean_probability(self) -> Float[np.ndarray, "n"]:
        """The distribution over bins, averaged over all pixels."""
        return self._mass / self._pixels

    @property
    def bits(self) -> float:
        """H(mean p) − mean H(p), the mutual information of pixel and bin; 0 if all are alike."""
        mean = self.mean_probability
        kept = mean[mean > 0]
        return float((-np.sum(kept * np.log(kept)) - self._entropy / self._pixels) / np.log(2))


def _uv(colorizer: Colorizer, luma: UInt8[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 2"]:
    return colorizer.decode(colorizer.logits(np.ascontiguousarray(luma)))


def _row_trend(uv: Float[np.ndarray, "h w 2"]) -> tuple[float, float]:
    uv = uv.astype(np.float64)
    u, v = row_correlation(uv)
    spread_u, spread_v = uv[..., 0].std(), uv[..., 1].std()
    return (u if spread_u > _UNSEEN_SPREAD else 0.0, v if spread_v > _UNSEEN_SPREAD else 0.0)


def _strongest(correlations: Sequence[float] | Float[np.ndarray, "m"]) -> float:
    return float(max(correlations, key=abs))
