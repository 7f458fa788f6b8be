"""The training loop, to be read from top to bottom."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch.nn.parallel import DistributedDataParallel

from colorfiles.progress import Report, silent
from trainer.config.recipe import Recipe
from trainer.config.settings import LATEST, LOWER_IS_BETTER
from trainer.data.batch import Batch
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.runs.folder import RunFolder
from trainer.training.distributed import World
from trainer.training.interrupts import StopWish, stop_on_signals
from trainer.training.monitor import Watch
from trainer.training.session import Session
from trainer.training.starting import starting_parameters
from trainer.training.throughput import Meter


@dataclass(frozen=True)
class FitOptions:
    """How a fit is run, as against what is fitted.

    Args:
        resume: go on with the run in the folder, if there is one.
        overwrite: replace it instead.
        save_every_s: also save in the middle of an epoch, this often; 0 doesn't.
        skip_bad: samples that may be unusable before the fit stops.
        tensorboard: also write TensorBoard's files into the run.
    """

    resume: bool = False
    overwrite: bool = False
    save_every_s: float = 600.0
    skip_bad: int = 0
    tensorboard: bool = False


@dataclass(frozen=True)
class FitSummary:
    """How a fit ended.

    Args:
        ended: ``done``, ``patience`` or ``interrupted``.
        signal: what interrupted it; 0 where nothing did.
        samples: of the training split.
        best: the value of ``measure`` at ``best_step``.
        validation: the last measures.
    """

    run: Path
    ended: str
    signal: int
    step: int
    total_steps: int
    epoch: int
    samples: int
    parameters: int
    measure: str
    best: float | None
    best_step: int
    skipped: int
    elapsed_s: float
    validation: dict[str, float] = field(default_factory=dict)


def fit(
    shard_set: ShardSet,
    out: Path,
    recipe: Recipe,
    *,
    options: FitOptions | None = None,
    world: World | None = None,
    report: Report = silent,
) -> FitSummary:
    """Train a network on a shard set and leave a run in ``out``.

    Raises:
        TrainerError: a run is there already, shards are damaged, the loss is no longer a number,
            or more samples are unusable than allowed.
    """
    options = options or FitOptions()
    world = world or World()
    run = RunFolder(out)
    with run.only_writer() if world.is_first else nullcontext():
        return _fit(shard_set, run, recipe, options=options, world=world, report=report)


def _fit(
    shard_set: ShardSet,
    run: RunFolder,
    recipe: Recipe,
    *,
    options: FitOptions,
    world: World,
    report: Report,
) -> FitSummary:
    resumed = options.resume and run.exists()
    state = run.load_state() if resumed else None
    start = None if state else starting_parameters(recipe.network)
    session = Session.build(shard_set, recipe, world, skip_bad=options.skip_bad, start=start)
    if state is not None:
        session.restore(*state)
    world.wait()
    if world.is_first and resumed:
        run.reopen(recipe, step=session.progress.step if state else -1)
    elif world.is_first:
        run = RunFolder.create(run.root, recipe, overwrite=options.overwrite)
    world.wait()
    with stop_on_signals() as wish:
        ended = _train(session, run, options, wish, report)
    return _summary(session, run.root, ended, wish.signal or 0)


def _train(
    session: Session, run: RunFolder, options: FitOptions, wish: StopWish, report: Report
) -> str:
    progress, world = session.progress, session.world
    meter = Meter(session)
    watch = Watch(session, run, tensorboard=options.tensorboard) if world.is_first else None
    saved_at = time.monotonic()
    if _is_over(session):
        return "done"
    for batch in session.batches():
        _count_skipped(session, batch, options.skip_bad)
        with _averaging_only_at_the_end(session, batch):
            loss = session.loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
        meter.add(loss, batch)
        if not batch.plan.ends_step:
            continue
        rate = session.update()
        progress.step += 1
        progress.position = batch.plan.after
        epoch_over = progress.position.consumed == 0
        stopping = world.any(bool(wish)) if meter.may_wait() or epoch_over else False
        if meter.is_due() or epoch_over or stopping or _is_over(session):
            _log(run, watch, meter.line(rate, report))
        if _is_time_to_judge(session, epoch_over):
            meter.pause()
            patience_spent = world.any(watch is not None and _end_of_epoch(session, run, watch))
            meter.go_on()
            saved_at = time.monotonic()
            if patience_spent:
                return "patience"
        elif stopping or (
            options.save_every_s and time.monotonic() - saved_at > options.save_every_s
        ):
            _save(session, run)
            saved_at = time.monotonic()
        if _is_over(session):
            return "done"
        if stopping:
            return "interrupted"
    return "done"


def _end_of_epoch(session: Session, run: RunFolder, watch: Watch) -> bool:
    """Validate, log, save; return whether patience is spent."""
    progress, settings = session.progress, session.recipe.validation
    validation = session.validation()
    better = True
    if validation is not None:
        progress.validation = validation.measures()
        value = float((progress.validation | {LATEST: progress.step})[settings.measure])
        sign = -1 if settings.measure in LOWER_IS_BETTER else 1
        better = progress.best is None or sign * value > sign * progress.best
        if better:
            progress.best, progress.best_step = value, progress.step
        _log(
            run,
            watch,
            {"step": progress.step, "epoch": progress.position.epoch}
            | {"elapsed_s": progress.elapsed_s}
            | {f"val_{name}": number for name, number in progress.validation.items()},
        )
    progress.stale_epochs = 0 if better else progress.stale_epochs + 1
    if better:
        session.save_network(run, "best")
    if settings.keep:
        session.save_network(run, f"epoch-{progress.position.epoch:04d}")
        run.keep_only(settings.keep)
    session.save_state(run)
    (watch.now if _is_over(session) else watch.epoch)()
    return bool(settings.patience) and progress.stale_epochs >= settings.patience


def _log(run: RunFolder, watch: Watch | None, line: Mapping[str, Any]) -> None:
    if watch is not None:
        run.log(line)
        watch.scalars(line)


def _save(session: Session, run: RunFolder) -> None:
    if not session.world.is_first:
        return
    session.save_state(run)
    if not (run.root / "best.safetensors").exists():
        session.save_network(run, "best")  # so that an early stop leaves a usable run


def _is_time_to_judge(session: Session, epoch_over: bool) -> bool:
    every = session.recipe.validation.every_epochs
    due = epoch_over and session.progress.position.epoch % every == 0
    return due or _is_over(session)


def _is_over(session: Session) -> bool:
    return session.progress.step >= session.total_steps


def _averaging_only_at_the_end(session: Session, batch: Batch) -> AbstractContextManager[object]:
    """Processes exchange gradients once a step, not once a micro-batch."""
    if isinstance(session.forward, DistributedDataParallel) and not batch.plan.ends_step:
        return session.forward.no_sync()
    return nullcontext()


def _count_skipped(session: Session, batch: Batch, allowed: int) -> None:
    session.progress.skipped += len(batch.skipped)
    if session.progress.skipped > allowed:
        raise TrainerError(
            f"{session.progress.skipped} unusable samples, more than --skip-bad {allowed}; "
            f"the last: {batch.skipped[-1]}"
        )


def _summary(session: Session, out: Path, ended: str, number: int) -> FitSummary:
    progress = session.progress
    return FitSummary(
        run=out,
        ended=ended,
        signal=number,
        step=progress.step,
        total_steps=session.total_steps,
        epoch=progress.position.epoch,
        samples=session.plan.samples,
        parameters=sum(p.numel() for p in session.network.parameters()),
        measure=session.recipe.validation.measure,
        best=progress.best,
        best_step=progress.best_step,
        skipped=progress.skipped,
        elapsed_s=round(progress.elapsed_s, 1),
        validation=progress.validation,
    )
