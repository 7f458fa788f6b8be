"""The index of a shard set, parsed and validated as docs/shard-format.md defines it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.outside.documents import INDEX_BYTES, integer, parse_json_object, text
from colorfiles.outside.files import is_plain_name

INDEX = "index.json"
SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)  # version 1 has no digests of tables and stats
SPLITS = ("train", "val", "test")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ShardEntry:
    """One shard in the index; the fields are those of ``shardlist`` in docs/shard-format.md."""

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
        """Parse an object of ``shardlist``; raise KeyError or ValueError if it is invalid.

        ``nphotos`` and ``bin_counts`` are optional: only dataprep needs them.
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
    """A parsed and validated index.

    Args:
        content: the whole JSON object.
        palette: the palette whose bin ids the samples hold.
        shards: one entry per shard, in the order of the file.
        files: sha256 of every other file of the set (tables, stats, descriptions) by name;
            empty in version 1.
        fingerprint: sha256 of the file.
    """

    content: Mapping[str, Any]
    palette: Palette
    shards: tuple[ShardEntry, ...]
    files: Mapping[str, str]
    fingerprint: str

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "ShardIndex":
        """Parse the bytes of an index; errors call it ``where``.

        Raises:
            ColorfilesError: the version is unknown, a key is missing or of the wrong type, the
                palette doesn't match its fingerprint, or a file name has a folder in it.
        """
        try:
            content = parse_json_object(data, most=INDEX_BYTES)
            version = content["schema_version"]
            if version not in READABLE_VERSIONS or isinstance(version, bool):
                raise ValueError(f"expected schema_version 1 or 2, given {version!r:.80}")
            if not isinstance(content["palette"], dict):
                raise ValueError("palette: expected an object")
            palette = Palette.from_dict(content["palette"])
            if not isinstance(content["shardlist"], list):
                raise ValueError("shardlist: expected a list")
            shards = tuple(ShardEntry.from_dict(entry) for entry in content["shardlist"])
            files = _digests(content["files"]) if version > 1 else {}
        except KeyError as error:
            raise ColorfilesError(f"{where}: the key {error.args[0]!r} is missing") from None
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ColorfilesError(f"{where}: {error or type(error).__name__}") from None
        return cls(content, palette, shards, files, hashlib.sha256(data).hexdigest())


def _digests(content: Any) -> dict[str, str]:
    if not isinstance(content, Mapping):
        raise ValueError("files: expected an object of sha256 by file name")
    for name, digest in content.items():
        if not is_plain_name(name) or not _SHA256.fullmatch(text(digest, f"files: {name:.80}")):
            raise ValueError(f"files: expected sha256 by plain file name, given {name!r:.80}")
    return dict(content)
