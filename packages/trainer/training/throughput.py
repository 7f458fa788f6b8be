"""Loss and images a second of a fit, without synchronizing the device."""

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.batch import Batch
from trainer.errors import TrainerError
from trainer.training.distributed import World

_LINES_PER_EPOCH = 10
_MOST_STEPS_A_LINE = 50


@dataclass(frozen=True)
class Throughput:
    """Mean loss and images a second over some steps."""

    steps: int
    loss: float
    images_per_s: float


class ThroughputMeter:
    """Accumulates losses on the device and reads them every few steps.

    A loss that isn't finite stops the fit with the keys of its batch: at once on a CPU, with the
    next reading on a GPU, where an earlier check would synchronize the device.
    """

    def __init__(self, world: World, *, steps_per_epoch: int) -> None:
        self._world = world
        self._every = max(1, min(_MOST_STEPS_A_LINE, steps_per_epoch // _LINES_PER_EPOCH))
        self._begin()

    def add(self, loss: Tensor, batch: Batch, *, step: int) -> None:
        """Add a micro-batch of step ``step`` (from 0).

        Raises:
            TrainerError: its loss is known already, and not a number.
        """
        self._losses.append(loss.detach())
        self._batches.append((step, batch.keys))
        self._images += len(batch.keys) - batch.micro_batch.padding
        self._steps += batch.micro_batch.ends_step
        if loss.device.type == "cpu" and not math.isfinite(loss.item()):
            self._refuse(len(self._losses) - 1)

    def may_wait(self) -> bool:
        """Whether synchronizing processes now costs nothing, or a reading is due anyway."""
        return self._world.device.type == "cpu" or self.is_due()

    def is_due(self) -> bool:
        """Whether a reading is due."""
        return self._steps >= self._every

    def restart_clock(self) -> None:
        """Exclude the time since the last reading (validation, saving) from the rate."""
        self._since = time.monotonic()

    def read(self) -> Throughput:
        """Return the means since the last reading, over all processes.

        Raises:
            TrainerError: a loss in between was not a number.
        """
        losses = torch.stack(self._losses).double()
        finite = torch.isfinite(losses)
        if not bool(finite.all()):
            self._refuse(int((~finite).nonzero()[0]))
        # Every loss already holds the factor of the number of processes; their sum is the mean's.
        total = self._world.sum(losses.sum() / self._world.size)
        images = self._world.sum(torch.tensor(float(self._images), device=losses.device))
        seconds = max(1e-9, time.monotonic() - self._since)
        measured = Throughput(self._steps, float(total) / self._steps, float(images) / seconds)
        self._begin()
        return measured

    def _begin(self) -> None:
        self._losses: list[Tensor] = []
        self._batches: list[tuple[int, tuple[str, ...]]] = []
        self._images = 0
        self._steps = 0
        self._since = time.monotonic()

    def _refuse(self, number: int) -> None:
        step, keys = self._batches[number]
        raise TrainerError(
            f"step {step + 1}: the loss is {float(self._losses[number])} "
            f"on the samples {', '.join(dict.fromkeys(keys))}; the last checkpoint is whole. "
            "Resume from it with a lower learning_rate or with clip_norm=1"
        )
