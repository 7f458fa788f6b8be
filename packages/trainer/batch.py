"""A batch: uint8 from the decoder to the device, floats only there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from trainer.decoding import Sample
from trainer.sampler import MicroBatch


@dataclass(frozen=True)
class Batch:
    """What one rank works on at once.

    Args:
        luma: as stored.
        bins: 255 where a pixel takes no part.
        flip: which images to mirror, decided when the batch was made.
        keys: of the samples, for errors.
        plan: where it stands in the epoch.
        skipped: messages of the samples that could not be used.
    """

    luma: UInt8[Tensor, "b h w"]
    bins: UInt8[Tensor, "b h w"]
    flip: Bool[Tensor, "b"]
    keys: tuple[str, ...]
    plan: MicroBatch
    skipped: tuple[str, ...] = ()

    def pin_memory(self) -> "Batch":
        """Return the batch in page-locked memory, from which a GPU copies without waiting."""
        return replace(
            self,
            luma=self.luma.pin_memory(),
            bins=self.bins.pin_memory(),
            flip=self.flip.pin_memory(),
        )

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device; the copy doesn't wait where the memory is pinned."""
        if device.type == "cpu":
            return self
        return replace(
            self,
            luma=self.luma.to(device, non_blocking=True),
            bins=self.bins.to(device, non_blocking=True),
            flip=self.flip.to(device, non_blocking=True),
        )

    def cropped(self, edge: int) -> "Batch":
        """Return the batch cut to its upper left ``edge`` × ``edge`` pixels."""
        return replace(self, luma=self.luma[:, :edge, :edge], bins=self.bins[:, :edge, :edge])


def collate(
    samples: Sequence[Sample],
    plan: MicroBatch,
    *,
    flip: Sequence[bool],
    skipped: Sequence[str] = (),
) -> Batch:
    """Stack decoded samples; the pixels of padding are marked as ignored."""
    luma = torch.from_numpy(np.stack([sample.luma for sample in samples]))
    bins = torch.from_numpy(np.stack([sample.bins for sample in samples]))
    if plan.padding:
        bins[-plan.padding :] = 255
    return Batch(
        luma=luma,
        bins=bins,
        flip=torch.tensor(list(flip), dtype=torch.bool),
        keys=tuple(sample.key for sample in samples),
        plan=plan,
        skipped=tuple(skipped),
    )


def to_network_input(
    batch: Batch, *, noise_sigma: float = 0.0, generator: torch.Generator | None = None
) -> tuple[Float[Tensor, "b 1 h w"], UInt8[Tensor, "b h w"]]:
    """Return luma in [0, 1] and bins, mirrored where asked and noisy where asked, on the device."""
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
