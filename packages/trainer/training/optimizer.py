"""Adam, its rate over the steps, and the running average of the parameters."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from trainer.config.settings import OptimizerSettings

_FINAL_SHARE = 0.01  # the cosine ends at a hundredth of the highest rate
_ENCODES = "encodes"  # key of a group of parameters: whether they are an encoder's


def make_optimizer(
    network: nn.Module, settings: OptimizerSettings, *, encoder: Sequence[nn.Parameter] = ()
) -> torch.optim.Adam:
    """Return fused Adam; with weight decay AdamW, without decay on biases and norms.

    The parameters of an ``encoder`` are in groups of their own, for ``set_rate``.
    """
    of_encoder = {id(p) for p in encoder}
    groups = [
        {
            "params": [
                p
                for p in network.parameters()
                if (p.ndim > 1) is decays and (id(p) in of_encoder) is encodes
            ],
            "weight_decay": settings.weight_decay if decays else 0.0,
            _ENCODES: encodes,
        }
        for encodes in (False, True)
        for decays in (True, False)
    ]
    groups = [group for group in groups if group["params"]]
    if settings.weight_decay > 0:
        return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
    return torch.optim.Adam(groups, lr=settings.learning_rate, fused=True)


def rate_at(step: int, total_steps: int, settings: OptimizerSettings) -> float:
    """Return the learning rate of step ``step`` (from 0) of ``total_steps``."""
    warmup = min(settings.warmup_steps, max(1, total_steps // 4))
    if settings.warmup_steps and step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    start = warmup if settings.warmup_steps else 0
    progress = min(1.0, (step - start) / max(1, total_steps - start))
    share = _FINAL_SHARE + (1 - _FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * progress))
    return settings.learning_rate * share


def set_rate(optimizer: torch.optim.Optimizer, rate: float, encoder_factor: float = 1.0) -> None:
    """Set the learning rate of all groups; an encoder's has a factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * encoder_factor if group.get(_ENCODES) else rate


class ParameterAverage(AveragedModel):
    """An exponential running average of a network's parameters: a network of its own, ``module``.

    Early on the decay is at most (1 + t) / (10 + t) after t steps, so that the start is forgotten
    quickly.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__(network)
        self._decay = decay

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Include the parameters after a step.

        torch's own method copies the count to the device, or reads it there, and so waits for a
        GPU in every step.
        """
        count = int(self.n_averaged)
        decay = min(self._decay, (1 + count) / (10 + count))
        live = [parameter.detach() for parameter in model.parameters()]
        averages = [parameter.detach() for parameter in self.module.parameters()]
        torch._foreach_lerp_(averages, live, 1 - decay)
        self.n_averaged += 1


def state_tensors(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return all tensors that the next step depends on, by name."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in network.named_parameters():
        tensors[f"parameter/{name}"] = parameter.detach()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{key}/{name}"] = value
    return tensors


@torch.no_grad()
def load_state_tensors(
    network: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Restore the output of ``state_tensors``.

    Raises:
        KeyError: a parameter isn't among them.
    """
    for name, parameter in network.named_parameters():
        parameter.copy_(tensors[f"parameter/{name}"])
        state = {
            key: tensors[f"{key}/{name}"]
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"{key}/{name}" in tensors
        }
        if state:
            optimizer.state[parameter] = {
                # In the parameter's own memory layout: the fused step walks both side by side.
                key: value.clone() if value.ndim == 0 else torch.empty_like(parameter).copy_(value)
                for key, value in state.items()
            }
