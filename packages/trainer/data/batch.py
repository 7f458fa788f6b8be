"""Batches: uint8 from the decoder to the device, floats only there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import finalize

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor

from colorcore import IGNORE_BIN
from trainer.data.aging import aged
from trainer.data.sample_decoder import Sample
from trainer.data.sampler import MicroBatch

_SMOOTH, _NEAREST = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
_KEPT_FREE = 4  # batches, of as much memory as a batch takes


@dataclass(frozen=True)
class Batch:
    """The samples of one micro-batch of one rank.

    Args:
        luma: as stored.
        bins: 255 where a pixel takes no part.
        flip: which images to mirror, decided when the batch was made.
        keys: of the samples, for errors.
        micro_batch: which samples they are, and where they stand in the epoch.
        skipped: messages of the samples that could not be used.
    """

    luma: UInt8[Tensor, "b h w"]
    bins: UInt8[Tensor, "b h w"]
    flip: Bool[Tensor, "b"]
    keys: tuple[str, ...]
    micro_batch: MicroBatch
    skipped: tuple[str, ...] = ()

    def pin_memory(self) -> "Batch":
        """Return the batch in page-locked memory, for asynchronous copies to a GPU."""
        return replace(
            self,
            luma=self.luma.pin_memory(),
            bins=self.bins.pin_memory(),
            flip=self.flip.pin_memory(),
        )

    def to(self, device: torch.device) -> "Batch":
        """Copy the batch to a device, asynchronously from pinned memory."""
        if device.type == "cpu":
            return self
        return replace(
            self,
            luma=self.luma.to(device, non_blocking=True),
            bins=self.bins.to(device, non_blocking=True),
            flip=self.flip.to(device, non_blocking=True),
        )

    def first(self, count: int | None) -> "Batch":
        """Return the first ``count`` images; None for all."""
        luma, bins, flip = self.luma[:count], self.bins[:count], self.flip[:count]
        return replace(self, luma=luma, bins=bins, flip=flip, keys=self.keys[:count])

    def cropped(self, edge: int) -> "Batch":
        """Return the batch cut to its upper left ``edge`` × ``edge`` pixels."""
        return replace(self, luma=self.luma[:, :edge, :edge], bins=self.bins[:, :edge, :edge])


class BatchMemory:
    """Reuses the memory of released batches: fresh pages cost a tenth of decoding."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def __getstate__(self) -> dict[str, Any]:
        return {"_free": []}

    def take(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return a uint8 array; its memory is reused when no tensor refers to it."""
        memory = self._free.pop() if self._free else None
        if memory is None or memory.shape != shape:
            memory = np.empty(shape, dtype=np.uint8)
        view = memory.view()
        finalize(view, self._take_back, memory).atexit = False
        return view

    def _take_back(self, memory: np.ndarray) -> None:
        if len(self._free) < _KEPT_FREE:
            self._free.append(memory)


class BatchArrays:
    """The arrays of a batch, filled sample by sample.

    A sample is copied into its place when it is decoded, so that its memory is reused for the next
    one; stacking them at the end would take fresh pages for all of them.
    """

    def __init__(
        self, micro_batch: MicroBatch, *, edge: int, memory: BatchMemory | None = None
    ) -> None:
        self._micro_batch = micro_batch
        self._both = (memory or BatchMemory()).take((2, len(micro_batch.samples), edge, edge))
        self._luma, self._bins = self._both
        self._flip: list[bool] = []
        self._keys: list[str] = []

    @property
    def next_bins(self) -> UInt8[np.ndarray, "edge edge"]:
        """Buffer of the next sample's bins, for decoding in place."""
        place: np.ndarray = self._bins[len(self._keys)]
        return place

    @property
    def edge(self) -> int:
        """Edge of the batch's images in pixels."""
        return int(self._luma.shape[-1])

    def add(
        self,
        sample: Sample,
        *,
        top: int = 0,
        left: int = 0,
        window: int | None = None,
        flip: bool = False,
        age_seed: int | None = None,
    ) -> None:
        """Copy the next sample, from ``top`` and ``left`` on.

        A ``window`` larger than the edge is shrunk to it: luma antialiased, and of the bins, which
        can't be averaged, the nearest. With an ``age_seed`` the luma is then ``aged``.
        """
        place, edge = len(self._keys), self.edge
        if window in (None, edge):
            cut = (slice(top, top + edge), slice(left, left + edge))
            self._luma[place] = sample.luma[cut]
            self._bins[place] = sample.bins[cut]
        else:
            self._luma[place] = _shrunk(sample.luma, (top, left), window, edge, _SMOOTH)
            self._bins[place] = _shrunk(sample.bins, (top, left), window, edge, _NEAREST)
        if age_seed is not None:
            self._luma[place] = aged(self._luma[place], age_seed)
        self._flip.append(flip)
        self._keys.append(sample.key)

    def batch(self, skipped: Sequence[str] = ()) -> Batch:
        """Return the batch; pixels of padding are marked as ignored."""
        if self._micro_batch.padding:
            self._bins[-self._micro_batch.padding :] = IGNORE_BIN
        luma, bins = torch.from_numpy(self._both)  # one tensor: it keeps the memory
        return Batch(
            luma=luma,
            bins=bins,
            flip=torch.tensor(self._flip, dtype=torch.bool),
            keys=tuple(self._keys),
            micro_batch=self._micro_batch,
            skipped=tuple(skipped),
        )


def with_gamma(sample: Sample, exponent: float) -> Sample:
    """Return the sample with its luma, in [0, 1], raised to a power."""
    if exponent == 1:
        return sample
    levels = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return replace(sample, luma=levels[sample.luma])


def _shrunk(
    plane: UInt8[np.ndarray, "height width"],
    corner: tuple[int, int],
    window: int,
    edge: int,
    how: Image.Resampling,
) -> UInt8[np.ndarray, "edge edge"]:
    top, left = corner
    box = (left, top, left + window, top + window)
    return np.asarray(Image.fromarray(plane).resize((edge, edge), how, box=box))


def to_network_input(
    batch: Batch, *, noise_sigma: float = 0.0, generator: torch.Generator | None = None
) -> tuple[Float[Tensor, "b 1 h w"], UInt8[Tensor, "b h w"]]:
    """Return luma in [0, 1] and bins on the device, mirrored and noisy as requested."""
    luma, bins = batch.luma, batch.bins
    if bool(batch.flip.any()) if batch.flip.device.type == "cpu" else True:
        mirror = batch.flip[:, None, None]
        luma = torch.where(mirror, luma.flip(-1), luma)
        bins = torch.where(mirror, bins.flip(-1), bins)
    x = luma[:, None].to(torch.float32).mul_(1 / 255)
    if noise_sigma > 0:
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        x = x.add_(noise, alpha=noise_sigma).clamp_(0, 1)
    return x, bins
