"""Remote shards are fetched once, checked, kept within bounds, and read like local ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
import torch

from trainer.data.loader import batches
from trainer.data.sample_store import SampleStore
from trainer.data.sampler import BatchSampler, Position
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError

Make = Callable[..., Path]
ADDRESS = "memory://bucket/shards"


@pytest.fixture
def local(make_shards: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShardSet]:
    monkeypatch.setenv("COLORUNET_CACHE", str(tmp_path / "cache"))
    folder = make_shards(tmp_path / "s", train=(2,) * 6, val=(2,))
    memory = fsspec.filesystem("memory")
    memory.put(str(folder), ADDRESS, recursive=True)
    yield ShardSet.open(folder)
    memory.rm("/bucket", recursive=True)


def _bytes(shard_set: ShardSet) -> int:
    return sum(path.stat().st_size for path in shard_set.path.glob("*.tar"))


def _load(shard_set: ShardSet, workers: int = 0) -> list[tuple[tuple[str, ...], torch.Tensor]]:
    store = SampleStore(shard_set, "train")
    sampler = BatchSampler(shard_sizes=store.sizes, batch_size=3, seed=1, shuffle_shards=2)
    loaded = batches(store, sampler, bins=12, size=32, start=Position(), epochs=2, workers=workers)
    taken = [(batch.keys, batch.luma) for batch in loaded]
    store.close()
    return taken


def test_samples_come_as_from_a_local_folder(local: ShardSet) -> None:
    remote = ShardSet.open(ADDRESS)
    assert remote.fingerprint == local.fingerprint
    assert [s.key for s in remote.samples("val")] == [s.key for s in local.samples("val")]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_equal_and_the_cache_stays_within_bounds(local: ShardSet, workers: int) -> None:
    largest = max(shard.bytes for shard in local.shards("train"))
    remote = ShardSet.open(ADDRESS, cache_gb=3 * largest / 1e9)
    here, there = _load(local), _load(remote, workers)
    assert [keys for keys, _ in here] == [keys for keys, _ in there]
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(here, there, strict=True))
    assert 0 < _bytes(remote) <= 3 * largest
    assert len(list(remote.path.glob("*.tar"))) < 6


def test_a_cache_too_small_for_a_shuffle_is_refused(local: ShardSet) -> None:
    store = SampleStore(ShardSet.open(ADDRESS, cache_gb=1e-6), "train")
    with pytest.raises(TrainerError, match="raise --cache-gb or lower shuffle_shards"):
        store.require_room(2)


def test_a_tampered_remote_shard_is_named_and_not_kept(local: ShardSet) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe(f"{ADDRESS}/train-000001.tar", b"something else")
    remote = ShardSet.open(ADDRESS)
    with pytest.raises(TrainerError, match=r"shard train-000001.tar: expected sha256"):
        list(remote.samples("train"))
    assert not (remote.path / "train-000001.tar").exists()


def test_a_missing_remote_shard_is_named(local: ShardSet) -> None:
    fsspec.filesystem("memory").rm(f"{ADDRESS}/train-000003.tar")
    with pytest.raises(TrainerError, match=r"shard train-000003.tar: no such file.*index names it"):
        list(ShardSet.open(ADDRESS).samples("train"))


def test_an_address_without_index_says_so(local: ShardSet) -> None:
    with pytest.raises(TrainerError, match=r"memory://nothing/here/index.json"):
        ShardSet.open("memory://nothing/here")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("workers", [0, 2])
def test_shards_behind_an_s3_server_give_the_samples_of_local_ones(
    local: ShardSet, s3: str, workers: int
) -> None:
    address = f"{s3}/shards-{workers}"
    fsspec.filesystem("s3").put(str(local.path), address, recursive=True)
    there, here = _load(ShardSet.open(address), workers), _load(local)
    assert [keys for keys, _ in there] == [keys for keys, _ in here]
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(there, here, strict=True))
