"""Text of a fit: progress, summary and dry run."""

from contextlib import AbstractContextManager, nullcontext

from colorfiles.progress import ProgressCallback, duration, progress, silent
from trainer.config.recipe import Recipe
from trainer.config.settings import LATEST
from trainer.training.distributed import World
from trainer.training.dry_run import DryRun
from trainer.training.fit_data import total_steps
from trainer.training.loop import FitSummary


def fit_progress(
    recipe: Recipe, world: World, *, samples: int
) -> AbstractContextManager[ProgressCallback]:
    """Return the progress of a fit; silent on all processes but the first."""
    if not world.is_first:
        return nullcontext(silent)
    return progress("step", total_steps(recipe, samples))


def summary_text(summary: FitSummary) -> str:
    """Return the summary of a fit as text."""
    how = {
        "done": "done",
        "patience": f"no better {summary.measure} for some epochs: stopped",
        "interrupted": "interrupted; --resume continues it",
    }[summary.ended]
    parts = [
        f"{how}: step {summary.step} of {summary.total_steps}, epoch {summary.epoch}, "
        f"{summary.samples} samples, {summary.parameters:,} parameters, "
        f"{summary.elapsed_s:.0f} s: {summary.run}"
    ]
    if summary.best is not None and summary.measure != LATEST:
        parts.append(f"best {summary.measure} {summary.best:.4f} at step {summary.best_step}")
    if summary.validation:
        measures = ", ".join(f"{name} {value:.3f}" for name, value in summary.validation.items())
        parts.append(f"last: {measures}")
    if summary.skipped:
        parts.append(f"{summary.skipped} samples could not be used")
    return "\n".join(parts)


def dry_run_text(fit: DryRun) -> str:
    """Return a dry run as text."""
    return "\n".join(
        [
            f"samples      {fit.samples:,} to train on, {fit.val_samples:,} to validate on",
            f"steps        {fit.steps:,}: {fit.epochs} epochs of {fit.steps_per_epoch:,}, "
            f"batch {fit.batch_size} at {fit.image_size} x {fit.image_size}",
            f"network      {fit.architecture}, {fit.bins} bins, {fit.parameters:,} parameters, "
            f"{fit.flops_per_image / 1e9:.2f} GFLOPs an image forward, "
            f"sees {fit.receptive_field_px} px",
            f"memory       about {fit.memory_bytes / 2**20:,.0f} MiB",
            f"time         {fit.step_s:.3f} s a step on {fit.device} (measured), "
            f"about {duration(fit.expected_s)} in all, validation left out",
        ]
    )
