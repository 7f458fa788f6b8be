"""A shard set as the trainer reads it: index, palette, and samples in order."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from colorcore import Palette
from colorfiles.outside.documents import INDEX_BYTES, integer
from colorfiles.outside.files import open_regular, read_regular
from colorfiles.shard_index import INDEX, ShardEntry, ShardIndex
from trainer.data.sample_decoder import Sample, SampleDecoder
from trainer.data.shard_cache import ShardCache, cache_folder, is_remote, read_remote
from trainer.data.tar_index import TarShard
from trainer.errors import BadShard, TrainerError

_OPENING_TRIES = 5  # another process may evict the shard between fetching and opening it
_LARGEST_SIZE = 8_192

__all__ = ["INDEX", "Sample", "ShardEntry", "ShardSet"]


@dataclass(frozen=True)
class ShardSet:
    """A folder of shards with its index; ``fingerprint`` is the sha256 of the index file.

    A remote set lies in ``path`` as far as it was fetched; ``cache`` fetches the rest.
    """

    path: Path
    palette: Palette
    index: Mapping[str, Any]
    fingerprint: str
    entries: tuple[ShardEntry, ...]
    cache: ShardCache | None = None

    @classmethod
    def open(cls, path: Path | str, *, cache_gb: float = 20.0) -> "ShardSet":
        """Read and check ``index.json`` in a folder, local or at an address such as ``s3://…``.

        Args:
            path: the folder.
            cache_gb: how much of a remote set is kept on this machine.

        Raises:
            TrainerError: there is none, it isn't one, or its palette was changed.
        """
        if is_remote(str(path)):
            return cls._open_remote(str(path), int(cache_gb * 1e9))
        path = Path(path)
        try:
            text = read_regular(path / INDEX, most=INDEX_BYTES, within=path)
        except OSError as error:
            raise TrainerError(
                f"{path / INDEX}: {error.strerror}; make a shard set with `dataprep shard`"
            ) from None
        return cls.from_index(path, text)

    @classmethod
    def _open_remote(cls, address: str, limit_bytes: int) -> "ShardSet":
        text = read_remote(f"{address.rstrip('/')}/{INDEX}")
        folder = cache_folder(hashlib.sha256(text).hexdigest())
        shard_set = cls.from_index(folder, text)
        cache = ShardCache(address, folder, limit_bytes=limit_bytes)
        return replace(shard_set, cache=cache)

    @classmethod
    def from_index(cls, path: Path, text: bytes) -> "ShardSet":
        """Check the text of an index whose shards lie in the folder ``path``."""
        where = path / INDEX
        index = ShardIndex.from_bytes(text, str(where))
        try:
            size = integer(index.content["views"]["size"], "size", least=1)
        except (KeyError, TypeError, ValueError):
            raise TrainerError(f"{where}: views.size: expected a whole number") from None
        if size > _LARGEST_SIZE:
            raise TrainerError(f"{where}: views.size: expected at most {_LARGEST_SIZE}")
        if not index.shards:
            raise TrainerError(f"{where}: shardlist: expected at least one shard")
        return cls(path, index.palette, index.content, index.fingerprint, index.shards)

    @property
    def size(self) -> int:
        """Edge of every sample in pixels."""
        return int(self.index["views"]["size"])

    def shards(self, split: str) -> list[ShardEntry]:
        """Return the shards of a split, by file name.

        Raises:
            TrainerError: the set has none of that split.
        """
        shards = [shard for shard in self.entries if shard.split == split]
        if not shards:
            present = sorted({shard.split for shard in self.entries})
            raise TrainerError(
                f"{self.path}: no shards of split {split!r}, only of {', '.join(present)}"
            )
        return sorted(shards, key=lambda shard: shard.file)

    def count(self, split: str) -> int:
        """Return the number of samples of a split; 0 for a missing one."""
        return sum(shard.nsamples for shard in self.entries if shard.split == split)

    def samples(self, split: str, *, with_rgb: bool = True) -> Iterator[Sample]:
        """Yield the samples of a split in the order of its shards, each shard checked first.

        Raises:
            TrainerError: naming the shard, and the key where it is one sample's fault.
        """
        decode = SampleDecoder(bins=self.palette.n, size=self.size, with_rgb=with_rgb)
        for shard in self.shards(split):
            tar = self.open_shard(shard)
            try:
                for number in range(len(tar)):
                    yield decode(tar.read(number))
            finally:
                tar.close()

    def open_shard(self, shard: ShardEntry, *, verify: bool = True) -> TarShard:
        """Open a shard for reading; with ``verify`` its content is checked against the index.

        Raises:
            BadShard: it is missing, cut short or changed.
        """
        for _ in range(_OPENING_TRIES):
            path = self.fetch(shard)
            try:
                tar = TarShard(path, expected_bytes=shard.bytes, expected_samples=shard.nsamples)
            except BadShard:
                if self.cache is None or path.exists():
                    raise
                continue  # another process made room in the cache just then
            if verify and self.cache is None:  # the cache checks what it fetches
                require_sha256(tar.path, shard.sha256)
            return tar
        raise BadShard(f"shard {shard.file}: the cache is too small to keep it; raise cache_gb")

    def fetch(self, shard: ShardEntry) -> Path:
        """Return a shard's local path, downloading it if it is remote."""
        if self.cache is None:
            return self.path / shard.file
        return self.cache.fetch(shard.file, shard.sha256, most=shard.bytes)


def require_sha256(path: Path, expected: str) -> None:
    """Raise BadShard if a file's content differs from the index."""
    with open_regular(path, within=path.parent) as file:
        actual = hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
    if actual != expected:
        raise BadShard(
            f"shard {path.name}: expected sha256 {expected}, found {actual}: it was changed after "
            "it was written; write or copy it again (`dataprep verify` names the sample)"
        )
