"""What a fit tells while it runs: loss, rate, images a second; without waiting for the device."""

import math
import time
from typing import Any

import torch
from torch import Tensor

from colorfiles.progress import Report
from trainer.data.batch import Batch
from trainer.errors import TrainerError
from trainer.training.session import Session

_LINES_PER_EPOCH = 10
_MOST_STEPS_A_LINE = 50


class Meter:
    """Gathers losses on the device and makes a line of metrics every few steps.

    A loss that isn't a number stops the fit with the keys of its batch: at once on a CPU, with the
    next line on a GPU, where looking sooner would make the device wait.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        every = session.plan.steps_per_epoch // _LINES_PER_EPOCH
        self._every = max(1, min(_MOST_STEPS_A_LINE, every))
        self._losses: list[Tensor] = []
        self._batches: list[Batch] = []
        self._images = 0
        self._steps = 0
        self._since = time.monotonic()
        self._mark = self._since

    def add(self, loss: Tensor, batch: Batch) -> None:
        """Take a micro-batch in."""
        self._losses.append(loss.detach())
        self._batches.append(batch)
        self._images += len(batch.keys) - batch.plan.padding
        self._steps += batch.plan.ends_step
        if loss.device.type == "cpu" and not math.isfinite(loss.item()):
            self._refuse(len(self._losses) - 1)

    def may_wait(self) -> bool:
        """Whether asking all processes something now costs nothing, or a line is due anyway."""
        return self._session.world.device.type == "cpu" or self.is_due()

    def is_due(self) -> bool:
        """Whether a line should be made."""
        return self._steps >= self._every

    def pause(self) -> None:
        """Leave what follows (validation, saving) out of the rate."""
        self._tick()

    def go_on(self) -> None:
        """Count again."""
        self._tick()
        self._since = time.monotonic()

    def line(self, rate: float, report: Report) -> dict[str, Any]:
        """Return a line of metrics with the mean loss since the last one.

        Raises:
            TrainerError: a loss in between was not a number.
        """
        session, progress = self._session, self._session.progress
        losses = torch.stack(self._losses).double()
        finite = torch.isfinite(losses)
        if not bool(finite.all()):
            self._refuse(int((~finite).nonzero()[0]))
        # Every loss already holds the factor of the number of processes; their sum is the mean's.
        total = session.world.sum(losses.sum() / session.world.size)
        images = session.world.sum(torch.tensor(float(self._images), device=losses.device))
        now = time.monotonic()
        loss, speed = float(total) / self._steps, float(images) / max(1e-9, now - self._since)
        self._tick()
        report(self._steps, note=f"loss {loss:.3f}, {speed:.0f} images/s")
        self._losses, self._batches, self._images, self._steps = [], [], 0, 0
        self._since = now
        return {
            "step": progress.step,
            "epoch": progress.position.epoch,
            "loss": loss,
            "learning_rate": rate,
            "images_per_s": speed,
            "elapsed_s": progress.elapsed_s,
        }

    def _tick(self) -> None:
        now = time.monotonic()
        self._session.progress.elapsed_s += now - self._mark
        self._mark = now

    def _refuse(self, number: int) -> None:
        keys = ", ".join(dict.fromkeys(self._batches[number].keys))
        raise TrainerError(
            f"step {self._session.progress.step + 1}: the loss is {float(self._losses[number])} "
            f"on the samples {keys}; the last checkpoint is whole. Resume from it with a lower "
            "learning_rate or with clip_norm=1"
        )
