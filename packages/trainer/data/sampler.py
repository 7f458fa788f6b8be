"""Which samples a step takes: a seeded permutation an epoch, sliced by rank, exact to the sample.

Pure: numbers in, numbers out. Samples are counted through all shards of the split in file order;
that number is their identity, whatever the number of processes or workers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True)
class Position:
    """Progress of a fit: whole epochs, and samples of the current one over all ranks."""

    epoch: int = 0
    consumed: int = 0


@dataclass(frozen=True)
class MicroBatch:
    """Samples that one rank processes at once.

    Args:
        samples: numbers of the samples, in order; padding repeats one of them.
        padding: how many at the end are padding: their pixels take no part in the loss.
        step_samples: samples of the whole step, over all ranks and micro-batches.
        ends_step: the optimizer steps after this one.
        after: the position once the step is done.
    """

    epoch: int
    samples: tuple[int, ...]
    padding: int
    step_samples: int
    ends_step: bool
    after: Position


@dataclass(frozen=True)
class BatchSampler:
    """Divides the samples of a split into steps.

    Every sample is taken exactly once an epoch, on any number of ranks. The last step of an epoch
    is short; every rank gets the same number of micro-batches, the last ones padded.

    Args:
        shard_sizes: samples in each shard.
        batch_size: samples a step, over all ranks.
        seed: of the permutations.
        ranks: processes that share a step.
        accumulate: micro-batches a step and rank.
        shuffle_shards: samples mix within groups of this many shards.

    Raises:
        ValueError: no samples, or the batch can't be shared out evenly.
    """

    shard_sizes: tuple[int, ...]
    batch_size: int
    seed: int
    ranks: int = 1
    accumulate: int = 1
    shuffle_shards: int = 16

    def __post_init__(self) -> None:
        """Check that the samples can be divided."""
        if self.samples == 0:
            raise ValueError("batches: expected at least one sample, given none")
        if self.batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, given {self.batch_size}")
        share = self.ranks * self.accumulate
        if self.batch_size % share:
            below = self.batch_size // share * share
            raise ValueError(
                f"batch_size: expected a multiple of processes × accumulate "
                f"({self.ranks} × {self.accumulate}), given {self.batch_size}; "
                f"the nearest are {below or share} and {below + share}"
            )

    @property
    def samples(self) -> int:
        """Samples an epoch."""
        return sum(self.shard_sizes)

    @property
    def steps_per_epoch(self) -> int:
        """Steps an epoch, the short one at the end included."""
        return -(-self.samples // self.batch_size)

    def order(self, epoch: int) -> Int[np.ndarray, "samples"]:
        """Return the permutation of an epoch: shards shuffled, then samples within groups."""
        rng = np.random.default_rng([self.seed, epoch])
        starts = np.concatenate(([0], np.cumsum(self.shard_sizes)))
        shards = rng.permutation(len(self.shard_sizes))
        groups = []
        for first in range(0, len(shards), self.shuffle_shards):
            group = shards[first : first + self.shuffle_shards]
            numbers = np.concatenate([np.arange(starts[s], starts[s + 1]) for s in group])
            groups.append(rng.permutation(numbers))
        return np.concatenate(groups)

    def groups(self, epoch: int) -> list[list[int]]:
        """Return the shards of an epoch in the groups that ``order`` mixes."""
        shards = np.random.default_rng([self.seed, epoch]).permutation(len(self.shard_sizes))
        step = self.shuffle_shards
        return [shards[i : i + step].tolist() for i in range(0, len(shards), step)]

    def shards_from(self, position: Position, *, groups: int) -> list[int]:
        """Return the shards of the group at ``position`` and of those after it, for reading ahead.

        Only the current epoch is looked at; its last groups have fewer after them.
        """
        if position.consumed >= self.samples:
            return []
        all_groups = self.groups(position.epoch)
        seen = 0
        for number, group in enumerate(all_groups):
            seen += sum(self.shard_sizes[shard] for shard in group)
            if position.consumed < seen:
                return [shard for g in all_groups[number : number + groups] for shard in g]
        return []

    def micro_batches(self, start: Position, *, epochs: int, rank: int = 0) -> Iterator[MicroBatch]:
        """Yield the micro-batches of ``rank`` from ``start`` to the end of the last epoch."""
        for epoch in range(start.epoch, epochs):
            order = self.order(epoch)
            first = start.consumed if epoch == start.epoch else 0
            for at in range(first, self.samples, self.batch_size):
                step = order[at : at + self.batch_size]
                yield from self._step(step, epoch=epoch, end=at + len(step), rank=rank)

    def _step(
        self, step: Int[np.ndarray, "b"], *, epoch: int, end: int, rank: int
    ) -> Iterator[MicroBatch]:
        after = Position(epoch + 1, 0) if end == self.samples else Position(epoch, end)
        share = -(-len(step) // self.ranks)
        own = step[rank * share : (rank + 1) * share].tolist()
        padded = own + [int(step[0])] * (share - len(own))
        micro = self.batch_size // (self.ranks * self.accumulate)
        for at in range(0, share, micro):
            samples = padded[at : at + micro]
            yield MicroBatch(
                epoch=epoch,
                samples=tuple(samples),
                padding=min(len(samples), max(0, at + len(samples) - len(own))),
                step_samples=len(step),
                ends_step=at + micro >= share,
                after=after,
            )


@dataclass(frozen=True)
class EvenBatchSampler:
    """One pass over ``count`` of ``samples`` samples, evenly spaced and fixed."""

    samples: int
    count: int
    batch_size: int
    seed: int = 0

    def micro_batches(self, start: Position, *, epochs: int, rank: int = 0) -> Iterator[MicroBatch]:
        """Yield them in order; start, epochs and rank don't matter."""
        del start, epochs, rank
        numbers = [number * self.samples // self.count for number in range(self.count)]
        for at in range(0, self.count, self.batch_size):
            samples = tuple(numbers[at : at + self.batch_size])
            yield MicroBatch(
                epoch=0,
                samples=samples,
                padding=0,
                step_samples=len(samples),
                ends_step=True,
                after=Position(0, at + len(samples)),
            )

    def shards_from(self, position: Position, *, groups: int) -> list[int]:
        """Return nothing: so few samples aren't read ahead."""
        del position, groups
        return []


class Sampler(Protocol):
    """Interface of samplers for the loader."""

    @property
    def seed(self) -> int:
        """Seed of crops and mirrorings."""

    def micro_batches(self, start: Position, *, epochs: int, rank: int = 0) -> Iterator[MicroBatch]:
        """Yield the micro-batches of ``rank`` from ``start`` on."""

    def shards_from(self, position: Position, *, groups: int) -> list[int]:
        """Return the shards needed from ``position`` on."""
