"""The index of a shard set, as docs/shard-format.md has it: written by one half, read by both."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.outside.documents import INDEX_BYTES, integer, parse_json_object, text
from colorfiles.outside.files import is_plain_name

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
        """Read an object of ``shardlist``; KeyError or ValueError where it isn't one.

        What only preparing data needs (photos, counts of bins) may be absent.
        """
        if not isinstance(content, Mapping):
            raise ValueError(f"expected an object for each shard, given {content!r:.80}")
        file = text(content["file"], "file")
        if not is_plain_name(file) or not file.endswith(".tar"):
            raise ValueError(f"file: expected a plain file name such as a.tar, given {file!r:.80}")
        counts = content.get("bin_counts", ())
        if not isinstance(counts, list | tuple):
            raise ValueError(f"{file}: bin_counts: expected a list")
        return cls(
            file=file,
            split=text(content["split"], f"{file}: split"),
            sha256=text(content["sha256"], f"{file}: sha256"),
            nsamples=integer(content["nsamples"], f"{file}: nsamples"),
            bytes=integer(content["bytes"], f"{file}: bytes"),
            nphotos=integer(content.get("nphotos", 0), f"{file}: nphotos"),
            bin_counts=tuple(integer(count, f"{file}: bin_counts") for count in counts),
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
            content = parse_json_object(data, most=INDEX_BYTES)
            version = content["schema_version"]
            if version != SCHEMA_VERSION:
                raise ValueError(f"expected schema_version {SCHEMA_VERSION}, given {version!r}")
            if not isinstance(content["palette"], dict):
                raise ValueError("palette: expected an object")
            palette = Palette.from_dict(content["palette"])
            if not isinstance(content["shardlist"], list):
                raise ValueError("shardlist: expected a list")
            shards = tuple(ShardEntry.from_dict(entry) for entry in content["shardlist"])
        except KeyError as error:
            raise ColorfilesError(f"{where}: the key {error.args[0]!r} is missing") from None
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ColorfilesError(f"{where}: {error or type(error).__name__}") from None
        return cls(content, palette, shards, hashlib.sha256(data).hexdigest())
