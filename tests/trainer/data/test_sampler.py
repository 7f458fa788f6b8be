"""An epoch takes every sample once, however it is cut into ranks, and goes on anywhere."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.sampler import BatchSampler, EvenBatchSampler, MicroBatch, Position


def _real(batches: list[MicroBatch]) -> list[int]:
    return [n for b in batches for n in b.samples[: len(b.samples) - b.padding]]


samplers = st.builds(
    lambda sizes, share, ranks, accumulate, seed, group: BatchSampler(
        shard_sizes=tuple(sizes),
        batch_size=share * ranks * accumulate,
        seed=seed,
        ranks=ranks,
        accumulate=accumulate,
        shuffle_shards=group,
    ),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(1, 4),
)


@given(samplers)
def test_all_ranks_together_take_each_sample_once_an_epoch(sampler: BatchSampler) -> None:
    taken: Counter[int] = Counter()
    for rank in range(sampler.ranks):
        taken.update(_real(list(sampler.micro_batches(Position(), epochs=1, rank=rank))))
    assert taken == Counter(range(sampler.samples))


@given(samplers)
def test_every_rank_gets_the_same_number_of_equal_micro_batches(sampler: BatchSampler) -> None:
    shapes = [
        [(len(b.samples), b.step_samples, b.ends_step, b.after) for b in batches]
        for batches in (
            list(sampler.micro_batches(Position(), epochs=2, rank=rank))
            for rank in range(sampler.ranks)
        )
    ]
    assert all(shape == shapes[0] for shape in shapes)
    assert sum(ends for _, _, ends, _ in shapes[0]) == 2 * sampler.steps_per_epoch
    assert shapes[0][-1][3] == Position(2, 0)


@given(samplers, st.integers(1, 3), st.integers(1, 3), st.integers(0, 30))
def test_resuming_with_other_ranks_takes_exactly_what_remains(
    sampler: BatchSampler, ranks: int, share: int, stop: int
) -> None:
    before: list[int] = []
    position = Position()
    steps = list(sampler.micro_batches(Position(), epochs=2, rank=0))
    for rank in range(sampler.ranks):
        taken, done = [], 0
        for batch in sampler.micro_batches(Position(), epochs=2, rank=rank):
            if done == stop:
                break
            taken.append(batch)
            done += batch.ends_step
            position = batch.after if batch.ends_step else position
        before += _real(taken)
    other = BatchSampler(
        shard_sizes=sampler.shard_sizes,
        batch_size=share * ranks,
        seed=sampler.seed,
        ranks=ranks,
        shuffle_shards=sampler.shuffle_shards,
    )
    after = [
        number
        for rank in range(ranks)
        for number in _real(list(other.micro_batches(position, epochs=2, rank=rank)))
    ]
    assert Counter(before + after) == Counter(list(range(sampler.samples)) * 2)
    assert steps


def test_the_order_differs_each_epoch_and_comes_again_with_the_seed() -> None:
    sampler = BatchSampler(shard_sizes=(50, 50), batch_size=10, seed=1)
    assert not np.array_equal(sampler.order(0), sampler.order(1))
    again = BatchSampler(shard_sizes=(50, 50), batch_size=10, seed=1)
    assert np.array_equal(sampler.order(1), again.order(1))
    other = BatchSampler(shard_sizes=(50, 50), batch_size=10, seed=2)
    assert not np.array_equal(sampler.order(0), other.order(0))


def test_the_order_stays_within_groups_of_shards() -> None:
    sampler = BatchSampler(shard_sizes=(10,) * 6, batch_size=10, seed=1, shuffle_shards=2)
    order = sampler.order(3)
    for number, group in enumerate(sampler.groups(3)):
        part = order[number * 20 : (number + 1) * 20]
        assert {int(n) // 10 for n in part} == set(group)


def test_a_batch_that_cant_be_shared_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"2 × 3.*given 16; the nearest are 12 and 18"):
        BatchSampler(shard_sizes=(5,), batch_size=16, seed=0, ranks=2, accumulate=3)


def test_an_even_plan_takes_the_same_samples_always() -> None:
    sampler = EvenBatchSampler(samples=100, count=7, batch_size=3)
    numbers = _real(list(sampler.micro_batches(Position(), epochs=1)))
    assert numbers == [0, 14, 28, 42, 57, 71, 85]
