"""Steps, memory and time of a fit, estimated without running it: ``trainer fit --dry-run``."""

import time
from dataclasses import dataclass

import torch

from colorunet.networks.cost import activation_bytes, count_flops, receptive_field
from trainer.config.recipe import Recipe
from trainer.data.sampler import Position
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.training.distributed import joined_world
from trainer.training.fit_data import FitData
from trainer.training.learner import Learner
from trainer.training.memory import device_memory_bytes

_TIMED_STEPS = 2
_TIMED_FLOPS = 5e10  # forward, a step: about a second on two cores; a larger step is timed in part
_STATES_A_PARAMETER = 4  # itself, its gradient, and two moments of Adam
_BYTES = 4


@dataclass(frozen=True)
class DryRun:
    """Estimates of a fit.

    Args:
        flops_per_image: forward, at the size trained on; a whole step costs about three times it.
        memory_bytes: an estimate: parameters, optimizer and the activations of a micro-batch.
        step_s: measured on a few steps of real samples, loading left out; on a CPU a long step is
            timed on its first samples and scaled up.
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


def dry_run_fit(shard_set: ShardSet, recipe: Recipe, *, device: str = "auto") -> DryRun:
    """Set up a fit, and time a few steps of it on real samples.

    Raises:
        TrainerError: whatever would stop the fit itself at its start.
    """
    with joined_world(device) as world:
        data = FitData.open(shard_set, recipe, world)
        size, steps = data.crop_size, data.total_steps
        learner = Learner.build(recipe, data.palette, world, size=size, total_steps=steps)
        network = learner.network
        parameters = sum(parameter.numel() for parameter in network.parameters())
        averages = recipe.optimizer.ema > 0
        micro = recipe.batch_size // (recipe.optimizer.accumulate * world.size)
        activations = activation_bytes(network, size=size) * micro
        memory = parameters * _BYTES * (_STATES_A_PARAMETER + averages) + activations
        require_memory(memory, world.device, samples=micro)
        flops = count_flops(network, size=size)
        timed = micro
        if world.device.type == "cpu":
            timed = min(micro, max(1, int(_TIMED_FLOPS / flops)))
        step_s = time_step(data, learner, samples=timed) * micro / timed
        return DryRun(
            samples=data.sampler.samples,
            val_samples=shard_set.count("val"),
            steps_per_epoch=data.sampler.steps_per_epoch,
            steps=steps,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            image_size=size,
            bins=data.palette.n,
            architecture=recipe.network.architecture,
            parameters=parameters,
            flops_per_image=flops,
            receptive_field_px=receptive_field(network, size=size),
            memory_bytes=memory,
            device=str(world.device),
            step_s=round(step_s, 4),
            expected_s=round(step_s * steps, 1),
        )


def require_memory(needed: int, device: torch.device, *, samples: int) -> None:
    """Raise TrainerError if a step of so many samples needs more memory than the device has."""
    there = device_memory_bytes(device)
    if there is not None and needed > there:
        raise TrainerError(
            f"a step of {samples} samples takes about {needed / 2**20:,.0f} MiB, and {device} has "
            f"{there / 2**20:,.0f} MiB; lower batch_size, crop or width, or raise accumulate"
        )


def time_step(data: FitData, learner: Learner, *, samples: int | None = None) -> float:
    """Return the seconds of the fastest of a few steps after a warm-up.

    ``samples`` takes the first so many of each micro-batch instead of all.
    """
    batch = next(data.batches(Position(), workers=0)).first(samples)
    times = []
    for step in range(_TIMED_STEPS + 1):
        started = time.perf_counter()
        for _ in range(learner.recipe.optimizer.accumulate):
            learner.backward(batch)
        learner.update(step)
        if learner.world.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return min(times[1:])
