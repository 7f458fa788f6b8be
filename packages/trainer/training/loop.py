"""The training loop of a fit, from its set-up to its summary."""

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from colorfiles.errors import out_of_memory_context
from colorfiles.progress import ProgressCallback, silent
from colorunet.parameters.checkpoint import Trained
from trainer.config.recipe import Recipe
from trainer.data.loader import report_worker_crashes
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.runs.folder import RunFolder, SavedState
from trainer.training.distributed import World
from trainer.training.fit_data import FitData
from trainer.training.interrupts import StopRequest, stop_on_signals
from trainer.training.learner import Learner
from trainer.training.monitor import RunMonitor, photos_to_picture
from trainer.training.recorder import RunRecorder
from trainer.training.starting import starting_parameters
from trainer.training.state import TrainingState
from trainer.training.throughput import ThroughputMeter

_SMALLER = "lower batch_size, crop or width; `--dry-run` says what they take"


@dataclass(frozen=True)
class FitOptions:
    """Options of a run, beside its recipe.

    Args:
        resume: continue the run in the folder, whatever its recipe was; else only where the
            recipe is the same.
        overwrite: replace it instead.
        save_every_s: also save in the middle of an epoch, this often; 0 doesn't.
        skip_bad: samples that may be unusable before the fit stops.
        tensorboard: also write TensorBoard's files into the run.
        init: a trained network whose parameters a new run starts from.
    """

    resume: bool = False
    overwrite: bool = False
    save_every_s: float = 600.0
    skip_bad: int = 0
    tensorboard: bool = False
    init: Trained | None = None


@dataclass(frozen=True)
class FitSummary:
    """Result of a fit.

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
    report: ProgressCallback = silent,
) -> FitSummary:
    """Train a network on a shard set and write a run into ``out``.

    Raises:
        TrainerError: the folder has another run, shards are damaged, the loss is no longer a
            number, or more samples are unusable than allowed.
        OutOfMemory: network and batch are too large for this machine.
    """
    options = options or FitOptions()
    world = world or World()
    run = RunFolder(out)
    was_there = run.exists()
    batch = f"a batch of {recipe.batch_size} at {recipe.data.crop or shard_set.size} px"
    with (
        out_of_memory_context(batch, _SMALLER),
        report_worker_crashes(),
        run.only_writer() if world.is_first else nullcontext(),
    ):
        try:
            return _fit(shard_set, run, recipe, options=options, world=world, report=report)
        except Exception:  # of any kind, as it is raised again
            if world.is_first and not was_there and run.exists() and not run.is_begun():
                run.clear()  # a start that failed leaves nothing
            raise


def _fit(
    shard_set: ShardSet,
    run: RunFolder,
    recipe: Recipe,
    *,
    options: FitOptions,
    world: World,
    report: ProgressCallback,
) -> FitSummary:
    resumed = run.is_begun() and not options.overwrite
    if resumed and not options.resume:
        run.require_recipe(recipe)
    saved = run.load_state() if resumed else None

    data = FitData.open(shard_set, recipe, world, skip_bad=options.skip_bad > 0)
    learner, state = _begin(recipe, data, world, saved, init=options.init)
    world.wait()  # none writes before all have read
    if world.is_first and resumed:
        run.reopen(recipe, step=state.step if saved else -1)
    elif world.is_first:
        run = RunFolder.create(run.root, recipe, overwrite=options.overwrite)
    world.wait()

    recorder = RunRecorder(run, recipe, data.palette, size=data.crop_size, writes=world.is_first)
    if world.is_first:
        recorder.monitor = RunMonitor(
            run.root,
            photos_to_picture(shard_set, skip_bad=options.skip_bad > 0),
            data.palette,
            temperature=recipe.validation.temperature,
            device=world.device,
            tensorboard=options.tensorboard,
        )
    if saved:
        recorder.catch_up(state, learner)
        report(state.step, note="resumed")
    with stop_on_signals() as stop:
        ended = "patience" if state.patience_exhausted(recipe.validation.patience) else "done"
        if ended == "done" and not state.is_done:
            ended = _train(
                state, learner, data, recorder, options=options, stop=stop, report=report
            )
    return _summary(run.root, state, learner, ended=ended, signal=stop.signal or 0)


def _begin(
    recipe: Recipe,
    data: FitData,
    world: World,
    saved: SavedState | None,
    *,
    init: Trained | None,
) -> tuple[Learner, TrainingState]:
    """Build the network and its state: initial, or as saved."""
    learner = Learner.build(
        recipe,
        data.palette,
        world,
        size=data.crop_size,
        total_steps=data.total_steps,
        start=None if saved else starting_parameters(recipe.network, data.palette, init=init),
    )
    state = TrainingState(data.fingerprint, recipe.seed, data.total_steps, data.samples)
    state.init = init.fingerprint if init else ""
    if saved is not None:
        tensors, content = saved
        state.restore(content)
        _require_same_samples(state, data)
        _require_same_start(state, init)
        learner.load(tensors, step=state.step)
    return learner, state


def _train(
    state: TrainingState,
    learner: Learner,
    data: FitData,
    recorder: RunRecorder,
    *,
    options: FitOptions,
    stop: StopRequest,
    report: ProgressCallback,
) -> str:
    """Take steps until all are done, patience is exhausted or a stop is requested."""
    world, settings = learner.world, learner.recipe.validation
    meter = ThroughputMeter(world, steps_per_epoch=data.sampler.steps_per_epoch)
    saved_at = time.monotonic()
    for batch in data.batches(state.position):
        state.skip(batch.skipped, allowed=options.skip_bad)
        loss = learner.backward(batch)
        meter.add(loss, batch, step=state.step)
        if not batch.micro_batch.ends_step:
            continue
        rate = learner.update(state.step)
        state.advance(batch.micro_batch.after)

        stopping = (meter.may_wait() or state.epoch_is_over) and world.any(bool(stop))
        if meter.is_due() or state.epoch_is_over or stopping or state.is_done:
            measured = meter.read()
            recorder.log_throughput(state, measured, rate)
            speed = f"loss {measured.loss:.3f}, {measured.images_per_s:.0f} images/s"
            report(measured.steps, note=speed)

        if state.is_time_to_judge(settings.every_epochs):
            spent = world.is_first and _judge(state, learner, data, recorder)
            if world.any(spent):
                return "patience"
            saved_at = time.monotonic()
            meter.restart_clock()
        elif stopping:
            recorder.stop(state, learner)
        elif 0 < options.save_every_s < time.monotonic() - saved_at:
            recorder.save(state, learner)
            saved_at = time.monotonic()
        if state.is_done:
            return "done"
        if stopping:
            return "interrupted"
    return "done"


def _judge(state: TrainingState, learner: Learner, data: FitData, recorder: RunRecorder) -> bool:
    """Validate, log and save; return whether patience is exhausted."""
    settings = learner.recipe.validation
    learner.require_finite(state.step)
    batches = data.validation_batches()
    measures = None if batches is None else learner.validate(batches)
    better = state.judge(measures, settings.measure)
    if measures is not None:
        recorder.log_validation(state)
    recorder.save_judged(state, learner, better=better)
    recorder.show(state, learner)
    return state.patience_exhausted(settings.patience)


def _require_same_samples(saved: TrainingState, data: FitData) -> None:
    if saved.fingerprint != data.fingerprint:
        raise TrainerError(
            f"the run was trained on the shard set {saved.fingerprint}, "
            f"given {data.fingerprint} ({data.path}); "
            "resume with the same shards, or start a new run"
        )
    if saved.seed != data.recipe.seed:
        raise TrainerError(f"seed: the run has {saved.seed}, given {data.recipe.seed}")


def _require_same_start(saved: TrainingState, init: Trained | None) -> None:
    if init is not None and saved.init != init.fingerprint:
        raise TrainerError(
            "--init: the run started from other parameters; leave it out to resume the run, "
            "or start a new one"
        )


def _summary(
    out: Path, state: TrainingState, learner: Learner, *, ended: str, signal: int
) -> FitSummary:
    return FitSummary(
        run=out,
        ended=ended,
        signal=signal,
        step=state.step,
        total_steps=state.total_steps,
        epoch=state.epoch,
        samples=state.samples,
        parameters=sum(p.numel() for p in learner.network.parameters()),
        measure=learner.recipe.validation.measure,
        best=state.best,
        best_step=state.best_step,
        skipped=state.skipped,
        elapsed_s=round(state.elapsed_s, 1),
        validation=state.validation,
    )
