"""Losses of a fit: the weighted soft-target cross-entropy in one pass, a loss on colour."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn import functional as F

from colorcore import Palette, rebalancing_weights, smooth_prior, soft_target_matrix
from trainer.config.settings import LossSettings

_CPU_CHUNK = 1 << 13  # pixels worked on at once: 8,192 × 32 float32 stay in the second-level cache
_GPU_CHUNK = 1 << 22  # numbers of logits at once: bounds the memory of the softmax


@dataclass(frozen=True)
class Targets:
    """Weighted target distributions: a row for each id that can be stored, 0 to 255.

    Args:
        rows: w(b)·K[b], the weighted target distribution; its sum is the weight w(b), since K[b]
            sums to 1. Zero from row n on, so that 255 (ignore) has no target.
        centers: of the bins, in UV.
        settings: the factors on the two losses.
    """

    rows: Float[Tensor, "256 n"]
    centers: Float[Tensor, "n 2"]
    settings: LossSettings

    @classmethod
    def of(cls, palette: Palette, settings: LossSettings, device: torch.device) -> "Targets":
        """Compute the rows from a palette's prior and the settings.

        Raises:
            ValueError: more neighbours than the palette has bins.
        """
        prior = smooth_prior(palette, settings.prior_sigma)
        weights = rebalancing_weights(prior, settings.lam)
        # Σ P·w = 1 under the palette's own prior, also where the weights come from a smoothed one.
        weights = weights / float(palette.prior @ weights)
        soft = soft_target_matrix(palette, k=settings.soft_k, sigma=settings.soft_sigma)
        rows = np.zeros((256, palette.n))
        rows[: palette.n] = soft * weights[:, None]
        return cls(
            rows=torch.tensor(rows, dtype=torch.float32, device=device),
            centers=torch.tensor(palette.centers, dtype=torch.float32, device=device),
            settings=settings,
        )


def training_loss(
    logits: Float[Tensor, "b n h w"],
    bins: UInt8[Tensor, "b h w"],
    targets: Targets,
    *,
    scale: float,
) -> Float[Tensor, ""]:
    """Return the training loss: the two losses, each by its factor."""
    settings, parts = targets.settings, []
    if settings.cross_entropy > 0:
        factor = scale * settings.cross_entropy
        parts.append(weighted_cross_entropy(logits, bins, targets, scale=factor))
    if settings.uv > 0:
        parts.append(mean_color_loss(logits, bins, targets, scale=scale * settings.uv))
    return sum(parts[1:], parts[0])


def mean_color_loss(
    logits: Float[Tensor, "b n h w"],
    bins: UInt8[Tensor, "b h w"],
    targets: Targets,
    *,
    scale: float,
) -> Float[Tensor, ""]:
    """Return scale · Σ_pixels w_b · smooth-L1(m − c_b), with m = Σ_i softmax(z)_i·c_i.

    m is the mean colour, the annealed mean at T = 1. Smooth-L1 is |d|²/2β below β and |d| − β/2
    above, of U and V added.
    """
    mean = torch.einsum("bnhw,nc->bhwc", logits.float().softmax(1), targets.centers)
    ids = bins.long()
    known = ids.clamp(max=targets.centers.shape[0] - 1)
    distance = F.smooth_l1_loss(
        mean, targets.centers[known], beta=targets.settings.uv_beta, reduction="none"
    )
    return (distance.sum(-1) * targets.rows.sum(-1)[ids]).sum() * scale


def weighted_cross_entropy(
    logits: Float[Tensor, "b n h w"],
    bins: UInt8[Tensor, "b h w"],
    targets: Targets,
    *,
    scale: float,
) -> Float[Tensor, ""]:
    """Return scale · Σ_pixels w_b·(logsumexp(z) − K_b·z), with b the pixel's bin.

    Pixels of an id without a row (255: ignore) add nothing. Loss and gradient come out of one pass
    over the logits: the gradient w_b·(softmax(z) − K_b) is all that is kept for the way back.
    Computed in float32 whatever the logits are.
    """
    loss: Tensor = _WeightedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        logits, bins, targets.rows, scale
    )
    return loss


class _WeightedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx, logits: Tensor, bins: Tensor, rows: Tensor, scale: float
    ) -> Tensor:
        gradient = torch.empty_like(logits) if logits.requires_grad else None
        weights = rows.sum(-1)
        total = torch.zeros((), dtype=torch.float64, device=logits.device)
        height = max(1, (_GPU_CHUNK if logits.is_cuda else _CPU_CHUNK) // logits.shape[-1])
        for image in range(logits.shape[0]):
            for top in range(0, logits.shape[2], height):
                z = logits[image, :, top : top + height].permute(1, 2, 0).float()
                ids = bins[image, top : top + height].long()
                target, weight = rows[ids], weights[ids]
                log_total = z.logsumexp(-1)
                total += (weight * log_total).sum() - (target * z).sum()
                if gradient is not None:
                    softmax = (z - log_total[..., None]).exp_()
                    step = softmax.mul_(weight[..., None]).sub_(target).mul_(scale)
                    gradient[image, :, top : top + height] = step.permute(2, 0, 1)
        ctx.gradient = gradient  # type: ignore[attr-defined]
        return (total * scale).float()

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        gradient: Tensor | None = ctx.gradient  # type: ignore[attr-defined]
        if gradient is None:
            raise RuntimeError("weighted_cross_entropy: its gradient can be computed only once")
        ctx.gradient = None  # type: ignore[attr-defined]  # scaled in place, so spent
        return gradient.mul_(grads[0].to(gradient.dtype)), None, None, None
