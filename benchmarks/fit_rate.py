"""Images a second of the first steps of a fit, in one process or several by torchrun.

\b
    python benchmarks/fit_rate.py SHARDS [--recipe small] [--set norm=pixel] [--batch 16]
    torchrun --standalone --nproc-per-node 2 benchmarks/fit_rate.py SHARDS …

The batch is that of all processes together. Each process computes with one thread and decodes its
own samples. `bench_train.py --processes` runs this file and compares; stdout is one JSON object.
"""

import json
import statistics
import time
from pathlib import Path

import click
import torch

from trainer.config.recipe import Recipe
from trainer.data.sampler import Position
from trainer.data.shard_set import ShardSet
from trainer.training.distributed import World, joined_world
from trainer.training.fit_data import FitData
from trainer.training.learner import Learner


def step_seconds(data: FitData, learner: Learner, steps: int) -> list[float]:
    """Wall-clock seconds of each step, of which the first, which isn't counted, warms up."""
    device = learner.world.device
    stream = data.batches(Position())
    taken = []
    for step in range(steps + 1):
        started = time.perf_counter()
        learner.backward(next(stream))
        learner.update(step)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - started)
    return taken[1:]


def fit_rate(shards: Path, recipe: Recipe, world: World, steps: int) -> dict[str, float]:
    """Return the median step's rate of `trainer fit` with this recipe."""
    data = FitData.open(ShardSet.open(shards), recipe, world)
    learner = Learner.build(
        recipe, data.palette, world, size=data.crop_size, total_steps=data.total_steps
    )
    images_per_s = recipe.batch_size / statistics.median(step_seconds(data, learner, steps))
    return {"processes": world.size, "batch": recipe.batch_size, "images_per_s": images_per_s}


@click.command(help=__doc__)
@click.argument("shards", type=click.Path(path_type=Path))
@click.option("--recipe", "name", default="small", show_default=True)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
@click.option("--device", default="cpu", show_default=True)
@click.option("--batch", default=16, show_default=True, help="Of all processes together.")
@click.option("--size", default=256, show_default=True, help="Edge of a crop in pixels.")
@click.option("--steps", default=8, show_default=True)
def main(
    shards: Path,
    *,
    name: str,
    overrides: tuple[str, ...],
    device: str,
    batch: int,
    size: int,
    steps: int,
) -> None:
    """Measure; the first process prints."""
    alike = ["accumulate=1", "workers=0", "threads=1", "verify=false"]
    sizes = [f"batch_size={batch}", f"crop={size}"]
    recipe = Recipe.load(name).with_overrides([*overrides, *alike, *sizes])
    with joined_world(device) as world:
        measured = fit_rate(shards, recipe, world, steps)
        if world.is_first:
            print(json.dumps(measured))


if __name__ == "__main__":
    main()
