"""Samples of a split by number: shards indexed once, read by offset from a memory map."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Any

from colorfiles.progress import ProgressCallback, silent
from trainer.data.shard_set import ShardEntry, ShardSet, require_sha256
from trainer.data.tar_index import TarShard
from trainer.errors import BadShard, TrainerError

_OPEN_MAPS = 128  # shards that stay mapped at once, so that big sets don't run out of handles
_HASH_THREADS = 4
_NOT_TRAINED_ON = frozenset({"rgb.jpg", "rgb.png"})


class SampleStore:
    """All samples of a split, raw, by number in file order.

    Local shards are indexed at once, remote ones when they are first read.

    Args:
        shard_set: where the shards lie.
        split: of the samples.
        verify: compare every local shard's sha256 with the index first; remote shards are always
            compared when they are fetched.
        report: called once per shard that was checked.

    Raises:
        BadShard: a shard is missing, cut short or changed.
    """

    def __init__(
        self,
        shard_set: ShardSet,
        split: str,
        *,
        verify: bool = True,
        report: ProgressCallback = silent,
    ) -> None:
        self.shards: Sequence[ShardEntry] = shard_set.shards(split)
        self.sizes = tuple(shard.nsamples for shard in self.shards)
        self.is_remote = shard_set.cache is not None  # shards are fetched as they are needed
        self._shard_set = shard_set
        self._ends = tuple(accumulate(self.sizes))
        self._mapped: OrderedDict[int, TarShard] = OrderedDict()
        self._tars: dict[int, TarShard] = {}
        self._ahead: ThreadPoolExecutor | None = None
        if shard_set.cache is None:
            for number, shard in enumerate(self.shards):
                self._tars[number] = shard_set.open_shard(shard, verify=False)
                self._tars[number].close()
            if verify:
                self._verify(report)

    def __len__(self) -> int:
        return self._ends[-1]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_mapped": OrderedDict(), "_ahead": None}

    def read(self, number: int) -> dict[str, Any]:
        """Return the members of sample ``number`` as webdataset has them, without colour crops."""
        shard = bisect_right(self._ends, number)
        place = number - self._ends[shard] + self.sizes[shard]
        return self._tar(shard).read(place, leave_out=_NOT_TRAINED_ON)

    def read_ahead(self, shards: Sequence[int]) -> None:
        """Fetch remote shards in the background, in this order; nothing to do for local ones."""
        if self._shard_set.cache is None:
            return
        if self._ahead is None:
            self._ahead = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        for shard in shards:
            # An error here occurs again, and is reported, when the shard is read.
            self._ahead.submit(self._shard_set.fetch, self.shards[shard])

    def close(self) -> None:
        """Wait for the read-ahead and close all maps."""
        if self._ahead is not None:
            self._ahead.shutdown(cancel_futures=True)
            self._ahead = None
        while self._mapped:
            self._mapped.popitem()[1].close()

    def require_room(self, shuffle_shards: int) -> None:
        """Raise TrainerError if the cache can't hold the shards that are read together.

        Those are two groups of ``shuffle_shards``, the one in use and the one read ahead.
        """
        cache = self._shard_set.cache
        if cache is None:
            return
        largest = sorted((shard.bytes for shard in self.shards), reverse=True)
        bytes_at_once = sum(largest[: 2 * shuffle_shards])
        if bytes_at_once > cache.limit_bytes:
            raise TrainerError(
                f"the cache holds {cache.limit_bytes / 1e9:.2f} GB, but two groups of "
                f"{shuffle_shards} shards need {bytes_at_once / 1e9:.2f} GB: raise --cache-gb or "
                "lower shuffle_shards"
            )

    def _tar(self, shard: int) -> TarShard:
        if shard in self._mapped:
            self._mapped.move_to_end(shard)
            return self._mapped[shard]
        # A remote shard is opened each time: the cache may have evicted it since.
        tar = self._tars.get(shard) or self._shard_set.open_shard(self.shards[shard], verify=False)
        self._mapped[shard] = tar
        if len(self._mapped) > _OPEN_MAPS:
            self._mapped.popitem(last=False)[1].close()
        return tar

    def _verify(self, report: ProgressCallback) -> None:
        def check(pair: tuple[TarShard, ShardEntry]) -> None:
            require_sha256(pair[0].path, pair[1].sha256)

        with ThreadPoolExecutor(_HASH_THREADS) as pool:
            results = pool.map(check, zip(self._tars.values(), self.shards, strict=True))
            try:
                for _ in results:
                    report()
            except BadShard:
                pool.shutdown(cancel_futures=True)
                raise
