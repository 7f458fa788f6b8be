"""The index of a shard set, as docs/shard-format.md has it: written by one half, read by both."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from colorcore import Palette
from colorfiles.errors import ColorfilesError

INDEX = "index.json"
SCHEMA_VERSION = 1
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class ShardEntry:
    """What the index says of one shard; ``bytes`` and ``file`` as in docs/shard-format.md."""

    file: str
    split: str
    sha256: str
    nsamples: int
    bytes: int
    nphotos: int = 0
    bin_counts: tuple[int, ...] = ()

    @property
    def stem(self) -> str:
        """The file's name without ``.tar``."""
        return self.file.removesuffix(".tar")

    @property
    def table_file(self) -> str:
        """The name of the parquet beside the shard."""
        return f"{self.stem}.parquet"

    @property
    def stats_file(self) -> str:
        """The name of the commit marker beside the shard."""
        return f"{self.stem}.json"

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "ShardEntry":
        """Read an object of ``shardlist``; KeyError, TypeError or ValueError where it isn't one.

        What only preparing data needs (photos, counts of bins) may be absent.
        """
        return cls(
            file=str(content["file"]),
            split=str(content["split"]),
            sha256=str(content["sha256"]),
            nsamples=int(content["nsamples"]),
            bytes=int(content["bytes"]),
            nphotos=int(content.get("nphotos", 0)),
            bin_counts=tuple(int(count) for count in content.get("bin_counts", ())),
        )


@dataclass(frozen=True)
class ShardIndex:
    """An index that was read and checked.

    Args:
        content: all of it, as JSON has it.
        palette: whose bins the samples hold.
        shards: in the order of the file.
        fingerprint: sha256 of the file.
    """

    content: Mapping[str, Any]
    palette: Palette
    shards: tuple[ShardEntry, ...]
    fingerprint: str

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "ShardIndex":
        """Read the bytes of an index; ``where`` names it in errors.

        Raises:
            ColorfilesError: it isn't one that this version reads, its palette was changed, or a
                shard's name is no plain file name.
        """
        try:
            content = json.loads(data)
            version = content["schema_version"]
            if version != SCHEMA_VERSION:
                raise ValueError(f"expected schema_version {SCHEMA_VERSION}, given {version!r}")
            palette = Palette.from_dict(content["palette"])
            shards = tuple(ShardEntry.from_dict(entry) for entry in content["shardlist"])
            if any(PurePosixPath(s.file).name != s.file or "\\" in s.file for s in shards):
                raise ValueError("shardlist: expected plain file names")
        except KeyError as error:
            raise ColorfilesError(f"{where}: the key {error.args[0]!r} is missing") from None
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ColorfilesError(f"{where}: {error or type(error).__name__}") from None
        return cls(content, palette, shards, hashlib.sha256(data).hexdigest())
