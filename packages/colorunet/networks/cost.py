"""What a network costs and sees: parameters, operations, receptive field, memory."""

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
        receptive_field_px: edge of the square of input that an output pixel depends on; the whole
            image where that is reached.
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
    """Return the operations of convolutions and matrix products, as torch counts them."""
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.rand(1, 1, size, size, device=_device(network)), coarse=True)
    return int(counter.get_total_flops())


def receptive_field(network: PixelClassifier, *, size: int) -> int:
    """Return the larger edge of the input that moves the logits of the pixel in the middle.

    Taken over several random images, since ReLU and max pooling hide a part of it in each.
    """
    luma = torch.rand(_IMAGES, 1, size, size, device=_device(network), requires_grad=True)
    logits = network(luma)
    (gradient,) = torch.autograd.grad(logits[..., size // 2, size // 2].sum(), luma)
    rows, columns = (gradient != 0).any(0)[0].nonzero(as_tuple=True)
    return int(max(rows.max() - rows.min(), columns.max() - columns.min())) + 1


def activation_bytes(network: PixelClassifier, *, size: int) -> int:
    """Return the bytes of distinct tensors that autograd keeps, parameters left out."""
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
