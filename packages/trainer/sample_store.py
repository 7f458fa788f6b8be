"""Samples of a split by number: shards indexed once, read by offset from a memory map."""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from trainer.errors import BadShard
from trainer.progress import Report, silent
from trainer.shard_set import Shard, ShardSet, require_sha256
from trainer.tar_index import TarShard

_OPEN_MAPS = 128  # shards that stay mapped at once, so that big sets don't run out of handles
_HASH_THREADS = 4


class SampleStore:
    """All samples of a split, raw, by number in file order.

    Args:
        shard_set: where the shards lie.
        split: of the samples.
        verify: compare every shard's sha256 with the index first.
        report: told of each shard that was checked.

    Raises:
        BadShard: a shard is missing, cut short or changed.
    """

    def __init__(
        self, shard_set: ShardSet, split: str, *, verify: bool = True, report: Report = silent
    ) -> None:
        self.shards: Sequence[Shard] = shard_set.shards(split)
        self.sizes = tuple(shard.samples for shard in self.shards)
        self._ends = np.cumsum(self.sizes)
        self._mapped: OrderedDict[int, TarShard] = OrderedDict()
        self._tars = [shard_set.open_shard(shard, verify=False) for shard in self.shards]
        for tar in self._tars:
            tar.close()
        if verify:
            self._verify(report)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_mapped": OrderedDict()}

    def read(self, number: int) -> dict[str, Any]:
        """Return the members of sample ``number`` as webdataset has them."""
        shard = int(np.searchsorted(self._ends, number, side="right"))
        tar = self._tars[shard]
        if shard in self._mapped:
            self._mapped.move_to_end(shard)
        else:
            self._mapped[shard] = tar
            if len(self._mapped) > _OPEN_MAPS:
                self._mapped.popitem(last=False)[1].close()
        return tar.read(number - int(self._ends[shard]) + self.sizes[shard])

    def _verify(self, report: Report) -> None:
        def check(pair: tuple[TarShard, Shard]) -> None:
            require_sha256(pair[0].path, pair[1].sha256)

        with ThreadPoolExecutor(_HASH_THREADS) as pool:
            results = pool.map(check, zip(self._tars, self.shards, strict=True))
            try:
                for _ in results:
                    report()
            except BadShard:
                pool.shutdown(cancel_futures=True)
                raise
