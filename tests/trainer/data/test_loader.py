"""Batches come in one order whatever reads them, and bad samples are named or counted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.data.batch import Batch, BatchArrays, BatchMemory, to_network_input, with_gamma
from trainer.data.loader import Augmentation, batches
from trainer.data.sample_decoder import Sample
from trainer.data.sample_store import SampleStore
from trainer.data.sampler import BatchSampler, Position
from trainer.data.shard_set import ShardSet
from trainer.errors import BadSample, BadShard

Make = Callable[..., Path]
EVERYTHING = Augmentation(crop=20, zoom=1.5, flip=True, luma_gamma=0.5)


def _load(
    shard_set: ShardSet,
    *,
    batch_size: int = 4,
    ranks: int = 1,
    rank: int = 0,
    workers: int = 0,
    start: Position | None = None,
    epochs: int = 2,
    augmentation: Augmentation | None = None,
    skip_bad: bool = False,
) -> list[Batch]:
    store = SampleStore(shard_set, "train", verify=not skip_bad)
    sampler = BatchSampler(shard_sizes=store.sizes, batch_size=batch_size, seed=5, ranks=ranks)
    return list(
        batches(
            store,
            sampler,
            bins=shard_set.palette.n,
            size=shard_set.size,
            start=start or Position(),
            epochs=epochs,
            rank=rank,
            workers=workers,
            augmentation=augmentation,
            skip_bad=skip_bad,
        )
    )


@pytest.fixture(scope="module")
def shard_set(make_shards: Make, tmp_path_factory: pytest.TempPathFactory) -> ShardSet:
    return ShardSet.open(make_shards(tmp_path_factory.mktemp("loader") / "s", train=(5, 1, 3)))


def _keys(loaded: list[Batch]) -> list[str]:
    return [
        key for batch in loaded for key in batch.keys[: len(batch.keys) - batch.micro_batch.padding]
    ]


def test_an_epoch_holds_every_sample_once_and_the_next_in_another_order(
    shard_set: ShardSet,
) -> None:
    keys = _keys(_load(shard_set))
    assert len(keys) == 18
    assert set(Counter(keys[:9]).values()) == {1}
    assert sorted(keys[:9]) == sorted(keys[9:])
    assert keys[:9] != keys[9:]


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more workers than cores here
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_change_nothing_over_the_border_of_epochs(
    shard_set: ShardSet, workers: int
) -> None:
    alone = _load(shard_set, augmentation=EVERYTHING)
    shared = _load(shard_set, augmentation=EVERYTHING, workers=workers)
    assert [batch.micro_batch for batch in alone] == [batch.micro_batch for batch in shared]
    for one, other in zip(alone, shared, strict=True):
        assert one.keys == other.keys
        assert torch.equal(one.luma, other.luma)
        assert torch.equal(one.bins, other.bins)
        assert torch.equal(one.flip, other.flip)


def test_fewer_shards_than_workers_and_ranks_starve_nobody(shard_set: ShardSet) -> None:
    keys: list[str] = []
    for rank in range(4):
        loaded = _load(shard_set, ranks=4, rank=rank, workers=2, epochs=1)
        assert len(loaded) == 3
        keys += _keys(loaded)
    assert sorted(keys) == sorted(_keys(_load(shard_set, epochs=1)))


def test_going_on_in_the_middle_gives_the_same_samples_and_crops(shard_set: ShardSet) -> None:
    whole = _load(shard_set, augmentation=EVERYTHING)
    rest = _load(shard_set, augmentation=EVERYTHING, start=whole[1].micro_batch.after, workers=2)
    assert [batch.keys for batch in rest] == [batch.keys for batch in whole[2:]]
    assert all(torch.equal(a.luma, b.luma) for a, b in zip(rest, whole[2:], strict=True))


@pytest.mark.parametrize("augmentation", [None, EVERYTHING])
def test_padding_is_ignored_pixels(shard_set: ShardSet, augmentation: Augmentation | None) -> None:
    padded = [
        batch
        for rank in range(4)
        for batch in _load(shard_set, ranks=4, rank=rank, epochs=1, augmentation=augmentation)
        if batch.micro_batch.padding
    ]
    assert padded
    for batch in padded:
        assert (batch.bins[-batch.micro_batch.padding :] == 255).all()


def test_crops_are_cut_alike_from_luma_and_bins_and_differ_each_epoch(
    shard_set: ShardSet,
) -> None:
    whole = {sample.key: sample for sample in shard_set.samples("train")}
    seen: dict[str, set[tuple[int, int]]] = {}
    for batch in _load(shard_set, augmentation=Augmentation(crop=20), epochs=4):
        for luma, bins, key in zip(batch.luma.numpy(), batch.bins.numpy(), batch.keys, strict=True):
            windows = np.lib.stride_tricks.sliding_window_view(whole[key].luma, (20, 20))
            top, left = np.argwhere((windows == luma).all((-1, -2)))[0]
            assert np.array_equal(bins, whole[key].bins[top : top + 20, left : left + 20])
            seen.setdefault(key, set()).add((int(top), int(left)))
    assert max(len(places) for places in seen.values()) > 1


def _is_nearest(given: np.ndarray, plane: np.ndarray, top: int, left: int, window: int) -> bool:
    """By the book: each pixel is the one that its middle falls on; on a border, either side's."""
    middles = (np.arange(len(given)) + 0.5) * window / len(given)
    sides = [np.floor(middles + way * 1e-9).astype(int) for way in (-1, 1)]
    candidates = [plane[np.ix_(top + rows, left + columns)] for rows in sides for columns in sides]
    return bool((np.stack(candidates) == given).any(axis=0).all())


def _antialiased(plane: np.ndarray, top: int, left: int, window: int, edge: int) -> np.ndarray:
    """By the book: a triangle as wide as two new pixels around each middle, cut by the sample."""
    scale = window / edge
    along = []
    for start, length in zip((top, left), plane.shape, strict=True):
        middles = start + (np.arange(edge)[:, None] + 0.5) * scale
        weights = np.maximum(0, 1 - np.abs(np.arange(length) + 0.5 - middles) / scale)
        along.append(weights / weights.sum(axis=1, keepdims=True))
    return along[0] @ plane.astype(float) @ along[1].T


@pytest.mark.parametrize(("top", "left", "window"), [(0, 0, 40), (3, 5, 24), (7, 0, 31)])
def test_a_larger_window_is_shrunk_luma_antialiased_bins_nearest(
    top: int, left: int, window: int
) -> None:
    rng = np.random.default_rng(0)
    luma, bins = rng.integers(0, 256, (2, 40, 40), dtype=np.uint8)
    micro_batch = next(
        iter(
            BatchSampler(shard_sizes=(1,), batch_size=1, seed=5).micro_batches(Position(), epochs=1)
        )
    )
    arrays = BatchArrays(micro_batch, edge=16, memory=BatchMemory())
    arrays.add(Sample(key="noise", luma=luma, bins=bins), top=top, left=left, window=window)
    batch = arrays.batch()
    assert _is_nearest(batch.bins[0].numpy(), bins, top, left, window)
    apart = batch.luma[0].numpy() - _antialiased(luma, top, left, window, 16)
    assert np.abs(apart).max() <= 1


def test_zoomed_windows_lie_in_the_sample_and_have_every_size(shard_set: ShardSet) -> None:
    whole = {sample.key: sample for sample in shard_set.samples("train")}
    places = [
        (top, left, window)
        for window in range(20, 33)
        for top in range(33 - window)
        for left in range(33 - window)
    ]
    seen = set()
    for batch in _load(shard_set, augmentation=Augmentation(crop=20, zoom=9), epochs=4):
        for luma, bins, key in zip(batch.luma.numpy(), batch.bins.numpy(), batch.keys, strict=True):
            fitting = [p for p in places if _is_nearest(bins, whole[key].bins, *p)]
            away = [np.abs(_antialiased(whole[key].luma, *p, 20) - luma).max() for p in fitting]
            assert min(away) <= 1
            seen.add(fitting[int(np.argmin(away))][2])
    assert min(seen) <= 22
    assert max(seen) >= 30
    assert len(seen) > 6


def test_gamma_raises_luma_to_a_power_drawn_for_each_sample_and_epoch(shard_set: ShardSet) -> None:
    plain = _load(shard_set, epochs=3)
    raised = _load(shard_set, epochs=3, augmentation=Augmentation(luma_gamma=0.5))
    powers = []
    for before, after in zip(plain, raised, strict=True):
        assert torch.equal(before.bins, after.bins)
        for luma, given in zip(before.luma.double() / 255, after.luma.double() / 255, strict=True):
            middle = (luma > 0.2) & (luma < 0.8)
            power = float((given[middle].log() / luma[middle].log()).median())
            assert (luma**power - given).abs().max() <= 1.5 / 255
            powers.append(power)
    assert np.exp(-0.5) - 0.01 <= min(powers) < 0.8
    assert 1.25 < max(powers) <= np.exp(0.5) + 0.01
    assert len(set(powers)) > 20


def test_gamma_is_exact_to_the_level() -> None:
    luma = np.arange(256, dtype=np.uint8).reshape(16, 16)
    sample = Sample(key="levels", luma=luma, bins=np.zeros((16, 16), np.uint8))
    expected = [[round(255 * (int(level) / 255) ** 1.7) for level in row] for row in luma]
    assert with_gamma(sample, 1.7).luma.tolist() == expected
    assert with_gamma(sample, 1.0).luma is luma


def test_flips_mirror_luma_and_bins_on_the_device(shard_set: ShardSet) -> None:
    batch = _load(shard_set, augmentation=Augmentation(flip=True))[0]
    x, bins = to_network_input(batch)
    assert 0 < int(batch.flip.sum()) < len(batch.keys)
    for i, flip in enumerate(batch.flip.tolist()):
        luma = batch.luma[i].flip(-1) if flip else batch.luma[i]
        assert torch.allclose(x[i, 0], luma / 255)
        assert torch.equal(bins[i], batch.bins[i].flip(-1) if flip else batch.bins[i])


def test_memory_is_used_again_only_when_its_batch_is_gone(shard_set: ShardSet) -> None:
    micro_batch = next(
        iter(
            BatchSampler(shard_sizes=(9,), batch_size=4, seed=5).micro_batches(Position(), epochs=1)
        )
    )
    memory = BatchMemory()
    blank = Sample(key="blank", luma=np.zeros((8, 8), np.uint8), bins=np.ones((8, 8), np.uint8))

    def filled() -> Batch:
        arrays = BatchArrays(micro_batch, edge=8, memory=memory)
        for _ in micro_batch.samples:
            arrays.add(blank)
        return arrays.batch()

    first = filled()
    kept, place = first.bins[2], first.luma.data_ptr()
    del first
    assert filled().luma.data_ptr() != place
    assert (kept == 1).all()
    del kept
    assert place in {filled().luma.data_ptr(), filled().luma.data_ptr()}


def test_colour_crops_are_left_where_they_are(shard_set: ShardSet) -> None:
    assert set(SampleStore(shard_set, "train").read(0)) == {
        "__key__",
        "__url__",
        "y.jpg",
        "bins.zst",
    }


def test_a_tampered_shard_stops_before_training(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s")
    _spoil(folder / "train-000001.tar", b"demo-train1x1-v0.bins.zst")
    with pytest.raises(BadShard, match=r"train-000001.tar: expected sha256"):
        _load(ShardSet.open(folder))


@pytest.mark.parametrize(("workers", "augmentation"), [(0, None), (1, None), (0, EVERYTHING)])
def test_bad_samples_are_ignored_and_told_when_allowed(
    make_shards: Make, tmp_path: Path, workers: int, augmentation: Augmentation | None
) -> None:
    folder = make_shards(tmp_path / "s")
    _spoil(folder / "train-000001.tar", b"demo-train1x1-v0.bins.zst")
    options = {"skip_bad": True, "augmentation": augmentation}
    loaded = _load(ShardSet.open(folder), epochs=1, workers=workers, **options)
    (reason,) = [reason for batch in loaded for reason in batch.skipped]
    assert "shard train-000001.tar, sample demo-train1x1-v0" in reason
    for batch in loaded:
        for key, bins in zip(batch.keys, batch.bins, strict=True):
            assert (key == "skipped") == bool((bins == 255).all())


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_sample_found_while_training_names_shard_and_key(
    make_shards: Make, tmp_path: Path, workers: int
) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s"))
    store = SampleStore(shard_set, "train")
    _spoil(shard_set.path / "train-000000.tar", b"demo-train0x2-v0.y.jpg")
    sampler = BatchSampler(shard_sizes=store.sizes, batch_size=2, seed=5)
    with pytest.raises(BadSample, match=r"^shard train-000000.tar, sample demo-train0x2-v0"):
        list(batches(store, sampler, bins=12, size=32, start=Position(), epochs=1, workers=workers))


def _spoil(shard: Path, member: bytes) -> None:
    data = bytearray(shard.read_bytes())
    at = data.index(member) + 512
    data[at : at + 12] = b"not an image"
    shard.write_bytes(data)
