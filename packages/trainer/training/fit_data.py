"""Data of a fit: training batches from any position, validation batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colorcore import Palette
from trainer.config.recipe import Recipe
from trainer.data.batch import Batch
from trainer.data.loader import Augmentation, batches
from trainer.data.sample_store import SampleStore
from trainer.data.sampler import BatchSampler, EvenBatchSampler, Position
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.training.compute import choose_workers
from trainer.training.distributed import World

_VAL_BATCH = 16  # samples


@dataclass(frozen=True)
class FitData:
    """The samples of a fit, opened and checked, and their order.

    Args:
        path: where the shard set lies, for errors.
        fingerprint: of the shard set.
        size: edge in pixels of a stored sample, and ``crop_size`` of what is trained on.
        total_steps: of the whole fit.
        samples: of the training split.
        skip_bad: leave out samples that can't be used.
    """

    recipe: Recipe
    world: World
    path: Path
    fingerprint: str
    palette: Palette
    size: int
    crop_size: int
    total_steps: int
    samples: int
    train: SampleStore
    val: SampleStore | None
    sampler: BatchSampler
    skip_bad: bool = False

    @classmethod
    def open(
        cls, shard_set: ShardSet, recipe: Recipe, world: World, *, skip_bad: bool = False
    ) -> "FitData":
        """Open the shards, verified if the recipe says so, and plan the steps.

        Raises:
            TrainerError: shards are damaged, or the recipe doesn't suit them.
        """
        verify = recipe.data.verify and not skip_bad and world.is_first
        train = SampleStore(shard_set, "train", verify=verify)
        train.require_room(recipe.data.shuffle_shards)
        size, has_val = shard_set.size, shard_set.count("val") > 0
        try:
            sampler = BatchSampler(
                shard_sizes=train.sizes,
                batch_size=recipe.batch_size,
                seed=recipe.seed,
                ranks=world.size,
                accumulate=recipe.optimizer.accumulate,
                shuffle_shards=recipe.data.shuffle_shards,
            )
        except ValueError as error:
            raise TrainerError(str(error)) from None
        return cls(
            recipe=recipe,
            world=world,
            path=shard_set.path,
            fingerprint=shard_set.fingerprint,
            palette=shard_set.palette,
            size=size,
            crop_size=min(recipe.data.crop or size, size),
            total_steps=total_steps(recipe, sampler.samples),
            samples=sampler.samples,
            train=train,
            val=SampleStore(shard_set, "val", verify=verify) if has_val else None,
            sampler=sampler,
            skip_bad=skip_bad,
        )

    def batches(self, start: Position, *, workers: int | None = None) -> Iterator[Batch]:
        """Yield this process's batches from ``start`` to the end of the last epoch.

        ``workers`` decode; None is as many as the recipe says.
        """
        settings, world = self.recipe.data, self.world
        if workers is None:
            workers = choose_workers(settings.workers, world.device, world.size)
        return batches(
            self.train,
            self.sampler,
            bins=self.palette.n,
            size=self.size,
            start=start,
            epochs=self.recipe.epochs,
            rank=world.rank,
            workers=workers,
            augmentation=Augmentation.of(settings),
            skip_bad=self.skip_bad,
            pin_memory=world.device.type == "cuda",
        )

    def validation_batches(self) -> Iterator[Batch] | None:
        """Return the fixed validation samples in batches; None without any."""
        if self.val is None:
            return None
        count = min(self.recipe.validation.val_samples or len(self.val), len(self.val))
        return batches(
            self.val,
            EvenBatchSampler(samples=len(self.val), count=count, batch_size=_VAL_BATCH),
            bins=self.palette.n,
            size=self.size,
            start=Position(),
            epochs=1,
            skip_bad=self.skip_bad,
        )


def total_steps(recipe: Recipe, samples: int) -> int:
    """Return the steps of a whole fit on a number of samples."""
    steps = recipe.epochs * -(-samples // max(1, recipe.batch_size))
    return min(steps, recipe.max_steps) if recipe.max_steps else steps
