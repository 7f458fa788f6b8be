"""What a fit would do and cost, without doing it: ``trainer fit --dry-run``."""

import time
from dataclasses import dataclass

import torch

from colorunet.networks.cost import activation_bytes, count_flops, receptive_field
from trainer.config.recipe import Recipe
from trainer.data.batch import BatchArrays
from trainer.data.sample_decoder import SampleDecoder
from trainer.data.sampler import Position
from trainer.data.shard_set import ShardSet
from trainer.training.distributed import joined_world
from trainer.training.session import Session, training_size

_TIMED_STEPS = 2
_STATES_A_PARAMETER = 4  # itself, its gradient, and two moments of Adam
_BYTES = 4


@dataclass(frozen=True)
class FitPlan:
    """The plan of a fit.

    Args:
        flops_per_image: forward, at the size trained on; a whole step costs about three times it.
        memory_bytes: an estimate: parameters, optimizer and the activations of a micro-batch.
        step_s: measured on a few steps of real samples, loading left out.
    """

    samples: int
    val_samples: int
    steps_per_epoch: int
    steps: int
    epochs: int
    batch_size: int
    image_size: int
    bins: int
    architecture: str
    parameters: int
    flops_per_image: int
    receptive_field_px: int
    memory_bytes: int
    device: str
    step_s: float
    expected_s: float


def plan_fit(shard_set: ShardSet, recipe: Recipe, *, device: str = "auto") -> FitPlan:
    """Build the fit as it would be built, and time a few steps of it on real samples.

    Raises:
        TrainerError: whatever would stop the fit itself at its start.
    """
    with joined_world(device) as world:
        session = Session.build(shard_set, recipe, world)
        size = training_size(recipe, shard_set)
        network = session.network
        parameters = sum(parameter.numel() for parameter in network.parameters())
        averages = recipe.optimizer.ema > 0
        micro = recipe.batch_size // (recipe.optimizer.accumulate * world.size)
        activations = activation_bytes(network, size=size) * micro
        step_s = time_step(session)
        return FitPlan(
            samples=session.plan.samples,
            val_samples=shard_set.count("val"),
            steps_per_epoch=session.plan.steps_per_epoch,
            steps=session.total_steps,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            image_size=size,
            bins=shard_set.palette.n,
            architecture=recipe.network.architecture,
            parameters=parameters,
            flops_per_image=count_flops(network, size=size),
            receptive_field_px=receptive_field(network, size=size),
            memory_bytes=parameters * _BYTES * (_STATES_A_PARAMETER + averages) + activations,
            device=str(world.device),
            step_s=round(step_s, 4),
            expected_s=round(step_s * session.total_steps, 1),
        )


def time_step(session: Session) -> float:
    """Return the seconds of a step on the first samples, the first of them not counted."""
    first = next(iter(session.plan.micro_batches(Position(), epochs=1)))
    decode = SampleDecoder(bins=session.shard_set.palette.n, size=session.shard_set.size)
    arrays = BatchArrays(first, edge=session.shard_set.size)
    for number in first.samples:
        arrays.add(decode(session.store.read(number)))
    batch = arrays.batch()
    edge = training_size(session.recipe, session.shard_set)
    batch = batch.cropped(edge)
    times = []
    for _ in range(_TIMED_STEPS + 1):
        started = time.perf_counter()
        for _ in range(session.recipe.optimizer.accumulate):
            session.loss(batch).backward()  # type: ignore[no-untyped-call]
        session.update()
        if session.world.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return min(times[1:])


def plan_text(plan: FitPlan) -> str:
    """Return the plan in words."""
    return "\n".join(
        [
            f"samples      {plan.samples:,} to train on, {plan.val_samples:,} to validate on",
            f"steps        {plan.steps:,}: {plan.epochs} epochs of {plan.steps_per_epoch:,}, "
            f"batch {plan.batch_size} at {plan.image_size} x {plan.image_size}",
            f"network      {plan.architecture}, {plan.bins} bins, {plan.parameters:,} parameters, "
            f"{plan.flops_per_image / 1e9:.2f} GFLOPs an image forward, "
            f"sees {plan.receptive_field_px} px",
            f"memory       about {plan.memory_bytes / 2**20:,.0f} MiB",
            f"time         {plan.step_s:.3f} s a step on {plan.device} (measured), "
            f"about {_duration(plan.expected_s)} in all, validation left out",
        ]
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
