"""Mutable state of a fit: step, position among the samples, best measure, clock."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainer.config.measure_names import with_present_names
from trainer.config.settings import LATEST
from trainer.data.sampler import Position
from trainer.errors import TrainerError
from trainer.evaluation.epoch_measures import EPOCH_MEASURES


@dataclass
class TrainingState:
    """Step, position among the samples, measures and the best of them, elapsed time.

    With the tensors of a ``Learner`` it is all that the next step depends on.

    Args:
        fingerprint: of the shard set.
        seed: of the order of samples.
        total_steps: of the whole fit.
        samples: of the training split.
        best: the best value of the measure so far, and ``best_step`` where it was seen.
        stale_epochs: judgements since then.
        skipped: samples that could not be used.
        validation: the last measures.
        elapsed_before_s: seconds that the fit had taken when this process took it up.
        init: fingerprint of the trained parameters that it started from, "" for none.
    """

    fingerprint: str
    seed: int
    total_steps: int
    samples: int
    step: int = 0
    position: Position = field(default_factory=Position)
    best: float | None = None
    best_step: int = 0
    stale_epochs: int = 0
    skipped: int = 0
    validation: dict[str, float] = field(default_factory=dict)
    elapsed_before_s: float = 0.0
    init: str = ""
    started: float = field(default_factory=time.monotonic, compare=False)

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.position.epoch

    @property
    def samples_seen(self) -> int:
        """Samples taken so far, repetitions included."""
        return self.position.epoch * self.samples + self.position.consumed

    @property
    def epoch_is_over(self) -> bool:
        """Whether the next sample is the first one of an epoch."""
        return self.position.consumed == 0

    @property
    def is_done(self) -> bool:
        """Whether all steps are taken."""
        return self.step >= self.total_steps

    @property
    def elapsed_s(self) -> float:
        """Seconds of the fit so far, over all its processes."""
        return self.elapsed_before_s + time.monotonic() - self.started

    def patience_exhausted(self, patience: int) -> bool:
        """Whether too many validations brought no improvement; never with a patience of 0."""
        return 0 < patience <= self.stale_epochs

    def is_time_to_judge(self, every_epochs: int) -> bool:
        """Whether the network is validated and saved after this step."""
        return self.is_done or (self.epoch_is_over and self.epoch % every_epochs == 0)

    def advance(self, position: Position) -> None:
        """Count a step, which ends at ``position``."""
        self.step += 1
        self.position = position

    def skip(self, reasons: Sequence[str], *, allowed: int) -> None:
        """Count unusable samples.

        Raises:
            TrainerError: they are more than ``allowed`` by now.
        """
        self.skipped += len(reasons)
        if self.skipped > allowed:
            raise TrainerError(
                f"{self.skipped} unusable samples, more than --skip-bad {allowed}; "
                f"the last: {reasons[-1]}"
            )

    def judge(self, measures: Mapping[str, float] | None, measure: str) -> bool:
        """Add the measures of a validation; return whether this step is the best so far.

        Without a validation the latest step is.
        """
        better = True
        if measures is not None:
            self.validation = dict(measures)
            value = float((self.validation | {LATEST: self.step})[measure])
            better = self.best is None or _distance(measure, value) < _distance(measure, self.best)
            if better:
                self.best, self.best_step = value, self.step
        self.stale_epochs = 0 if better else self.stale_epochs + 1
        return better

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        loader = {
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "epoch": self.position.epoch,
            "consumed": self.position.consumed,
        }
        return {
            "step": self.step,
            "epoch": self.position.epoch,
            "loader": loader,
            "best": self.best,
            "best_step": self.best_step,
            "stale_epochs": self.stale_epochs,
            "elapsed_s": round(self.elapsed_s, 1),
            "skipped": self.skipped,
            "metrics": self.validation,
            "init": self.init,
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Restore the output of ``to_dict``, except the total steps.

        Raises:
            TrainerError: it isn't that.
        """
        try:
            loader = content["loader"]
            self.fingerprint, self.seed = loader["fingerprint"], loader["seed"]
            self.position = Position(loader["epoch"], loader["consumed"])
            self.step = content["step"]
            self.best, self.best_step = content["best"], content["best_step"]
            self.stale_epochs, self.skipped = content["stale_epochs"], content["skipped"]
            self.validation = with_present_names(content["metrics"])
            self.init = content.get("init", self.init)  # absent in older runs
            self.elapsed_before_s, self.started = content["elapsed_s"], time.monotonic()
        except (KeyError, TypeError) as error:
            raise TrainerError(f"the run's state is not that of a fit ({error!r})") from None


def _distance(measure: str, value: float) -> float:
    return -value if measure == LATEST else EPOCH_MEASURES[measure].distance_to_best(value)
