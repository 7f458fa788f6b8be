"""Writes metrics, checkpoints, page and pictures of a fit, in the first process alone."""

from collections.abc import Mapping
from typing import Any

from colorcore import Palette
from trainer.config.recipe import Recipe
from trainer.runs.folder import RunFolder
from trainer.training.learner import Learner
from trainer.training.monitor import RunMonitor
from trainer.training.state import TrainingState
from trainer.training.throughput import Throughput

_MOST_PICTURES = 30  # a fit of more epochs isn't pictured after each one


class RunRecorder:
    """Writes into a run; nothing if ``writes`` is unset, as in all processes but the first.

    Args:
        size: edge in pixels of what the network is trained on.
        monitor: shown each line and, now and then, the network.
    """

    def __init__(
        self,
        run: RunFolder,
        recipe: Recipe,
        palette: Palette,
        *,
        size: int,
        writes: bool,
        monitor: RunMonitor | None = None,
    ) -> None:
        self.monitor = monitor
        self._run = run
        self._recipe = recipe
        self._about = {"size": size, "recipe": recipe.to_dict(), "palette": palette.to_dict()}
        self._writes = writes

    def log_throughput(self, state: TrainingState, measured: Throughput, rate: float) -> None:
        """Log the last steps."""
        self._log(
            {
                "step": state.step,
                "epoch": state.epoch,
                "loss": measured.loss,
                "learning_rate": rate,
                "images_per_s": measured.images_per_s,
                "elapsed_s": state.elapsed_s,
            }
        )

    def log_validation(self, state: TrainingState) -> None:
        """Log the last validation."""
        line = {"step": state.step, "epoch": state.epoch, "elapsed_s": state.elapsed_s}
        self._log(line | {f"val_{name}": value for name, value in state.validation.items()})

    def save(self, state: TrainingState, learner: Learner) -> None:
        """Save the state, and the network as ``last``, and as ``best`` if there is none.

        Raises:
            TrainerError: the parameters are no longer finite.
        """
        if not self._writes:
            return
        learner.require_finite(state.step)
        self._run.save_state(learner.tensors(), state.to_dict())
        self._save_network("last", state, learner)
        if not self._run.has_network("best"):  # so that an early stop leaves a usable run
            self._save_network("best", state, learner)

    def save_judged(self, state: TrainingState, learner: Learner, *, better: bool) -> None:
        """Save after a validation: also as ``best`` if it is, and as the epoch's."""
        if not self._writes:
            return
        if better:
            self._save_network("best", state, learner)
        if self._recipe.validation.keep:
            self._save_network(f"epoch-{state.epoch:04d}", state, learner)
            self._run.keep_only(self._recipe.validation.keep)
        self.save(state, learner)

    def catch_up(self, state: TrainingState, learner: Learner) -> None:
        """Write files that are missing after a kill between the state and them."""
        if self._writes and self._run.step_of("last") != state.step:
            self._save_network("last", state, learner)
        if state.epoch_is_over:
            self.show(state, learner)

    def show(self, state: TrainingState, learner: Learner) -> None:
        """Update the monitor's page, if it is due."""
        every = -(-self._recipe.epochs // _MOST_PICTURES)
        if self.monitor is not None and (state.is_done or state.epoch % every == 0):
            self.monitor.refresh(learner.averaged, state)

    def stop(self, state: TrainingState, learner: Learner) -> None:
        """Save a stopped fit, and write its page."""
        self.save(state, learner)
        if self.monitor is not None:
            self.monitor.write_page()

    def _log(self, line: Mapping[str, Any]) -> None:
        if not self._writes:
            return
        self._run.log(line)
        if self.monitor is not None:
            self.monitor.scalars(line)

    def _save_network(self, name: str, state: TrainingState, learner: Learner) -> None:
        self._run.save_network(name, learner.averaged_tensors(), state.to_dict() | self._about)
