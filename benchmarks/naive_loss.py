"""The weighted cross-entropy in its textbook form, the reference of the one-pass loss."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from trainer.training.losses import Targets


def naive_weighted_cross_entropy(
    logits: Float[Tensor, "b n h w"],
    bins: UInt8[Tensor, "b h w"],
    targets: Targets,
    *,
    scale: float,
) -> Float[Tensor, ""]:
    """Return the loss, with a float target of the logits' size."""
    target = targets.rows[bins.long()].permute(0, 3, 1, 2)
    return -(target * torch.log_softmax(logits.float(), dim=1)).sum() * scale
