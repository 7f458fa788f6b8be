"""Reading a shard set: index, tables and samples."""

import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import zstandard

from colorcore import Palette
from colorfiles.outside.documents import INDEX_BYTES
from colorfiles.outside.tars import headers, open_tar
from colorfiles.shard_index import INDEX, SPLITS, ShardEntry, ShardIndex
from colorfiles.storage import Storage
from dataprep.errors import DataprepError
from dataprep.photos.parquet import read_table

_MOST_BINS = 8_192**2
_MOST_MEMBER = 256 << 20  # bytes; the largest view as PNG is a quarter of it


@dataclass(frozen=True)
class ShardSet:
    """A shard set with its parsed index.

    Args:
        storage: where its files lie.
        index: all of ``index.json``.
        palette: whose bin ids the samples hold.
        shards: in the order of the index.
        files: sha256 of tables, stats and descriptions by name; empty in sets of format version 1.
    """

    storage: Storage
    index: Mapping[str, Any]
    palette: Palette
    shards: tuple[ShardEntry, ...]
    files: Mapping[str, str]

    @classmethod
    def open(cls, address: str) -> "ShardSet":
        """Read the index of the set at a path or address.

        Raises:
            DataprepError: there is none, or it isn't one that this version reads.
        """
        storage = Storage(str(address))
        try:
            data = storage.read(INDEX, most=INDEX_BYTES)
        except FileNotFoundError:
            raise DataprepError(
                f"{address}: no {INDEX} there; make a shard set with `dataprep shard`, or finish "
                "one that was stopped by the same command again"
            ) from None
        except OSError as error:
            raise DataprepError(
                f"{storage.at(INDEX)}: can't be read ({error.strerror or error})"
            ) from None
        index = ShardIndex.from_bytes(data, storage.at(INDEX))
        return cls(storage, index.content, index.palette, index.shards, index.files)

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits with shards, in the order train, val, test."""
        present = {shard.split for shard in self.shards}
        return tuple(split for split in SPLITS if split in present)

    def of_split(self, split: str) -> tuple[ShardEntry, ...]:
        """Return the shards of one split."""
        return tuple(shard for shard in self.shards if shard.split == split)

    def table(self, shard: ShardEntry, columns: list[str] | None = None) -> pa.Table:
        """Read the parquet beside a shard; OSError or ArrowException if it is damaged."""
        with self.storage.open(shard.table_file) as file:
            return read_table(file, columns)

    def samples(self, shard: ShardEntry) -> Iterator[tuple[str, dict[str, bytes]]]:
        """Yield (key, members by extension such as ``bins.zst``) of each sample, in order."""
        with self.storage.open(shard.file) as file:
            yield from iterate_samples(file)


def iterate_samples(tar: Any) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield (key, members by extension) of each sample of an open tar, in order.

    Members of one key that don't stand next to each other come as two samples.
    """
    key, members = "", dict[str, bytes]()
    with open_tar(tar, "r|") as archive:
        for member in headers(archive):
            if not member.isreg():
                continue  # a link would have tarfile look for what it names
            if member.size > _MOST_MEMBER:
                raise tarfile.ReadError(f"{member.name!r} claims {member.size:,} bytes")
            stream = archive.extractfile(member)
            assert stream is not None  # it is a regular file
            prefix, _, extension = member.name.partition(".")
            if prefix != key and members:
                yield key, members
                members = {}
            key = prefix
            members[extension] = stream.read()
    if members:
        yield key, members


def unpack_bins(data: bytes) -> bytes:
    """Return the ids in a ``bins.zst`` member, row by row.

    ZstdError where it is damaged, claims more than a view can have, or isn't one frame alone.
    """
    claimed_bytes = zstandard.frame_content_size(data)
    if not 0 <= claimed_bytes <= _MOST_BINS:
        raise zstandard.ZstdError(f"a frame of {claimed_bytes} bytes")
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    bins = unpacker.decompress(data)
    if not unpacker.eof or unpacker.unused_data:
        raise zstandard.ZstdError("something stands after the first frame, or it is cut short")
    return bytes(bins)
