"""The fastest batch size of a device, found by trial."""

from dataclasses import replace

from colorfiles.errors import is_out_of_memory
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.training.distributed import World, joined_world
from trainer.training.dry_run import time_step
from trainer.training.fit_data import FitData
from trainer.training.learner import Learner

_LARGEST = 1024  # samples; bounds the search
_WORTH_DOUBLING = 1.05  # images a second that a doubled batch must bring


def with_batch_size(shard_set: ShardSet, recipe: Recipe, device: str) -> Recipe:
    """Return the recipe with the batch size that suits the device.

    Raises:
        TrainerError: as ``find_batch_size``.
    """
    with joined_world(device) as world:
        size = find_batch_size(shard_set, recipe, world)
    return recipe.with_overrides([f"batch_size={size}"])


def find_batch_size(shard_set: ShardSet, recipe: Recipe, world: World) -> int:
    """Double the batch while it brings 5 % more images a second and fits into memory.

    A few steps of each size are taken on real samples. The batch size also affects the result: a
    recipe's learning rate suits its own batch size.

    Raises:
        TrainerError: there are several processes, or one sample exceeds the memory.
    """
    if world.size > 1:
        raise TrainerError(
            "batch_size=0 (find it) works with one process; find it with --dry-run, then set it"
        )
    best, best_rate = 0, 0.0
    size = recipe.optimizer.accumulate
    while size <= min(_LARGEST, max(shard_set.count("train"), recipe.optimizer.accumulate)):
        rate = _rate(shard_set, _with_batch(recipe, size), world)
        if rate < _WORTH_DOUBLING * best_rate:
            break
        best, best_rate = size, rate
        size *= 2
    if best == 0:
        raise TrainerError(f"{world.device}: no memory for a batch of {size}; lower crop or width")
    return best


def _rate(shard_set: ShardSet, recipe: Recipe, world: World) -> float:
    """Return images a second; 0 if memory runs out."""
    data = FitData.open(shard_set, recipe, world)
    steps = data.total_steps
    try:
        learner = Learner.build(recipe, data.palette, world, size=data.crop_size, total_steps=steps)
        return recipe.batch_size / time_step(data, learner)
    except RuntimeError as error:
        if is_out_of_memory(error):
            return 0.0
        raise


def _with_batch(recipe: Recipe, size: int) -> Recipe:
    return replace(recipe, batch_size=size, data=replace(recipe.data, verify=False))
