"""Subsampled logits of held-out photos, for judging many decodings in seconds."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from jaxtyping import Float, Shaped

from colorcore.measures import HUE_FAMILIES, bin_counts
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from trainer.data.shard_set import Sample, ShardSet
from trainer.errors import TrainerError
from trainer.evaluation.colors import (
    Colors,
    constant_colors,
    decoded_colors,
    quantized_colors,
    true_colors,
)
from trainer.evaluation.criteria import Verdict, criteria_of, verdicts
from trainer.evaluation.measure import ImageMeasures, measure, table
from trainer.evaluation.summary import summarize

_STEP = 8  # every 8th pixel along both axes: figures over 100 photos move by less than 1 %

Watch = Callable[[Iterable[Sample], int], Iterable[Sample]]


class HeldOut:
    """Photos of one split with subsampled logits.

    Raises:
        TrainerError: the split is empty.
    """

    def __init__(
        self, colorizer: Colorizer, shards: ShardSet, split: str, limit: int, watch: Watch
    ) -> None:
        self._colorizer = colorizer
        self._n = colorizer.palette.n
        self._photos: list[tuple[np.ndarray, Colors, torch.Tensor]] = []  # luma, truth, logits
        total = min(limit, shards.count(split))
        if not total:
            raise TrainerError(f"{shards.path}: the split {split} is empty; calibrate on another")
        ceilings, grays = [], []
        thin = (slice(_STEP // 2, None, _STEP),) * 2
        for sample, _ in zip(watch(shards.samples(split), total), range(total), strict=False):
            # Copies: a thinned view would keep the whole sample.
            rgb = None if sample.rgb is None else sample.rgb[thin].copy()
            luma, bins = sample.luma[thin].copy(), sample.bins[thin].copy()
            truth = true_colors(luma, bins, rgb, colorizer.palette)
            logits = colorizer.logits(sample.luma)[thin]
            if not self._photos:
                # One block for all: small ones between large short-lived ones scatter the heap.
                block = torch.empty((total, *logits.shape), device=logits.device)
            self._photos.append((luma, truth, block[len(self._photos)].copy_(logits)))
            ceilings.append(self._measured(quantized_colors(luma, bins, colorizer.palette), truth))
            gray = constant_colors(luma, np.zeros(2), colorizer.palette)
            grays.append(self._measured(gray, truth))
        self._truth = table([self._measured(truth, truth) for _, truth, _ in self._photos])
        self._ceiling = table(ceilings)
        pixels = self._truth["family_pixels"].sum(axis=0)
        self._criteria = criteria_of(
            summarize(table(grays), self._truth, self._ceiling),
            dict(zip(HUE_FAMILIES, pixels / max(1, pixels.sum()), strict=True)),
            thinned=True,
        )

    def __len__(self) -> int:
        return len(self._photos)

    @property
    def true_shares(self) -> Float[np.ndarray, "n"]:
        """Share of each bin among the pixels of truth."""
        return _shares(self._truth["counts"].sum(axis=0))

    def shares(self, decoding: Decoding) -> Float[np.ndarray, "n"]:
        """Share of each bin among the decoded pixels."""
        counts = np.zeros(self._n)
        for luma, _, logits in self._photos:
            uv = self._colorizer.decode(logits, decoding)
            counts += bin_counts(decoded_colors(luma, uv, self._colorizer.palette).bins, self._n)
        return _shares(counts)

    def judge(self, decoding: Decoding) -> tuple[list[Verdict], float]:
        """Return the verdicts on a decoding, and its mean CIEDE2000."""
        images = []
        for luma, truth, logits in self._photos:
            uv = self._colorizer.decode(logits, decoding)
            images.append(self._measured(decoded_colors(luma, uv, self._colorizer.palette), truth))
        figures = summarize(table(images), self._truth, self._ceiling)
        return verdicts(figures, self._criteria), figures["ciede2000"]

    def _measured(self, colors: Colors, truth: Colors) -> ImageMeasures:
        return measure(colors, truth, self._n, structure=False)


def _shares(counts: Shaped[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    return np.asarray(counts / max(1.0, counts.sum()))
