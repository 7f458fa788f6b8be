"""Cost of a network: parameters, operations, receptive field, memory."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from colorunet.networks.pixel_classifier import PixelClassifier

_IMAGES = 4


@dataclass(frozen=True)
class NetworkCost:
    """One row of the table of networks.

    Args:
        parameters: how many numbers are learnt.
        flops: floating-point operations of one image forward; a multiply-add counts as two.
        receptive_field_px: edge of the largest square of input that an output pixel depends on;
            the whole image where that is reached.
        activation_bytes: what one image keeps in float32 for the way back.
    """

    size: int
    parameters: int
    flops: int
    receptive_field_px: int
    activation_bytes: int


def cost_of(network: PixelClassifier, *, size: int = 256) -> NetworkCost:
    """Measure a network on one image of ``size`` × ``size``."""
    return NetworkCost(
        size=size,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        flops=count_flops(network, size=size),
        receptive_field_px=receptive_field(network, size=size),
        activation_bytes=activation_bytes(network, size=size),
    )


@torch.no_grad()
def count_flops(network: PixelClassifier, *, size: int) -> int:
    """Count the operations of convolutions and matrix products, by torch."""
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.rand(1, 1, size, size, device=_device(network)), coarse=True)
    return int(counter.get_total_flops())


def receptive_field(network: PixelClassifier, *, size: int) -> int:
    """Return the edge of the input region that influences a pixel near the middle, the largest.

    Pooling and transposed convolutions let some pixels see more than their neighbours, and that
    repeats every ``network.stride`` pixels: one of each kind is asked. Taken over several random
    images, since ReLU and max pooling hide a part of it in each.
    """
    luma = torch.rand(_IMAGES, 1, size, size, device=_device(network), requires_grad=True)
    logits = network(luma)
    largest = 0
    for at in range(size // 2, min(size // 2 + network.stride, size)):
        moved = logits[..., at, at].sum()
        (gradient,) = torch.autograd.grad(moved, luma, retain_graph=True)
        rows, columns = (gradient != 0).any(0)[0].nonzero(as_tuple=True)
        edge = max(rows.max() - rows.min(), columns.max() - columns.min())
        largest = max(largest, int(edge) + 1)
        if largest == size:
            break
    return largest


def activation_bytes(network: PixelClassifier, *, size: int) -> int:
    """Return the bytes of distinct tensors that autograd saves, without parameters."""
    parameters = {parameter.data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if tensor.data_ptr() not in parameters:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        logits = network(torch.rand(1, 1, size, size, device=_device(network)), coarse=True)
    del logits
    return sum(kept.values())


def _device(network: PixelClassifier) -> torch.device:
    return next(network.parameters()).device
