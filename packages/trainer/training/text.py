"""A fit in words: its progress and its summary."""

import sys
from contextlib import AbstractContextManager, nullcontext

from colorfiles.progress import ProgressCallback, lines, progress, silent
from trainer.config.recipe import Recipe
from trainer.training.distributed import World
from trainer.training.fit_data import total_steps
from trainer.training.loop import FitSummary


def fit_progress(
    recipe: Recipe, world: World, *, samples: int
) -> AbstractContextManager[ProgressCallback]:
    """Return a bar on a terminal, plain lines in a log; silence on all processes but the first."""
    if not world.is_first:
        return nullcontext(silent)
    steps = total_steps(recipe, samples)
    return progress("fit", steps) if sys.stderr.isatty() else lines("step", steps)


def summary_text(summary: FitSummary) -> str:
    """Return what a person wants to know at the end of a fit."""
    how = {
        "done": "done",
        "patience": f"no better {summary.measure} for some epochs: stopped",
        "interrupted": "interrupted; --resume goes on",
    }[summary.ended]
    parts = [
        f"{how}: step {summary.step} of {summary.total_steps}, epoch {summary.epoch}, "
        f"{summary.samples} samples, {summary.parameters:,} parameters, "
        f"{summary.elapsed_s:.0f} s: {summary.run}"
    ]
    if summary.best is not None:
        parts.append(f"best {summary.measure} {summary.best:.4f} at step {summary.best_step}")
    if summary.validation:
        measures = ", ".join(f"{name} {value:.3f}" for name, value in summary.validation.items())
        parts.append(f"last: {measures}")
    if summary.skipped:
        parts.append(f"{summary.skipped} samples could not be used")
    return "\n".join(parts)
