"""A pass over a shard's tar: hashes every byte, decodes every member, checks its row."""

import hashlib
import re
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import numpy as np
from PIL import Image

from colorcore.measures import bin_counts
from colorfiles.shard_index import ShardEntry
from dataprep.photos.copy_prints import copy_print
from dataprep.shards.shard_set import ShardSet, iterate_samples
from dataprep.shards.ustar import TarWriter
from dataprep.shards.views import ViewSettings
from dataprep.verification.faults import Fault
from dataprep.verification.overlaps import Overlaps
from dataprep.verification.samples import decode_sample, disagreements
from dataprep.verification.tables import view_of

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*-v\d+")


@dataclass(frozen=True)
class ShardTask:
    """A shard to check; ``settings`` is None if those of the index are invalid."""

    shards: ShardSet
    entry: ShardEntry
    settings: ViewSettings | None


@dataclass(frozen=True)
class TarFindings:
    """Results of a tar.

    Args:
        faults: in it.
        keys: of its samples, in order.
        luma_digests: 64 bits of each sample's luma member, in the same order.
        prints: by key, the copy print of each center view.
    """

    faults: list[Fault] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    luma_digests: list[int] = field(default_factory=list)
    prints: dict[str, str] = field(default_factory=dict)


def read_tar(task: ShardTask, rows: Sequence[Mapping[str, Any] | None]) -> TarFindings:
    """Read a shard's tar to its last byte.

    Args:
        task: the shard.
        rows: of its table, in order; None where a row isn't to be relied on.
    """
    tar = _TarPass(task, rows)
    try:
        with task.shards.storage.open(task.entry.file) as file:
            tar.run(file)
    except FileNotFoundError:
        pass  # reported with the other missing files
    except OSError as error:
        tar.fault(f"can't be read ({error.strerror or error})")
    return tar.findings


class _TarPass:
    def __init__(self, task: ShardTask, rows: Sequence[Mapping[str, Any] | None]) -> None:
        self.entry, self.settings, self.rows = task.entry, task.settings, rows
        self.palette = task.shards.palette
        self.findings = TarFindings()
        self._counts = np.zeros(self.palette.n, dtype=np.int64)
        self._overlaps = Overlaps(Counter(row["photo_key"] for row in rows if row is not None))

    def fault(self, what: str, key: str = "") -> None:
        file = self.entry.file
        self.findings.faults.append(Fault(f"{file}, sample {key}" if key else file, what))

    def run(self, file: BinaryIO) -> None:
        stream, rebuilt, whole = _HashingReader(file), TarWriter(cast(BinaryIO, _Nowhere())), True
        try:
            for key, members in iterate_samples(stream):
                for extension, data in members.items():
                    rebuilt.add(f"{key}.{extension}", data)
                self._sample(key, members)
        except (tarfile.TarError, EOFError, ValueError) as error:
            whole = False
            self.fault(f"not a whole tar ({error}) after {len(self.findings.keys)} samples")
        sha256 = stream.drain()
        rebuilt.finish()
        if sha256 != self.entry.sha256:
            self.fault(f"sha256: expected {self.entry.sha256}, found {sha256}")
        if stream.size != self.entry.bytes:
            self.fault(f"expected {self.entry.bytes} bytes, found {stream.size}")
        if whole and stream.size > rebuilt.size:
            self.fault(f"{stream.size - rebuilt.size} bytes after the end of the archive")
        if whole and rebuilt.sha256 != sha256:
            self.fault(
                "headers or padding aren't the format's: plain files only, each once, mtime 0, "
                "uid and gid 0, no owner names, mode 0444, nothing after the end"
            )
        if len(self.findings.keys) != self.entry.nsamples:
            self.fault(f"expected {self.entry.nsamples} samples, found {len(self.findings.keys)}")
        if self.settings and tuple(self._counts.tolist()) != self.entry.bin_counts:
            self.fault("bin_counts: the index has others than its bin maps")

    def _sample(self, key: str, members: Mapping[str, bytes]) -> None:
        number = len(self.findings.keys)
        self.findings.keys.append(key)
        luma = next((data for name, data in members.items() if name.startswith("y.")), b"")
        digest = hashlib.sha256(luma).digest()[:8]
        self.findings.luma_digests.append(int.from_bytes(digest, "big"))
        if not _KEY.fullmatch(key):
            self.fault("expected a key such as flickr-1234567-v0", key)
        row = self.rows[number] if number < len(self.rows) else None
        if row is not None and row["sample_key"] != key:
            self.fault(f"row {number} of the parquet is of sample {row['sample_key']}", key)
            row = None
        if self.settings is not None:
            self._decode(key, members, row, self.settings)

    def _decode(
        self,
        key: str,
        members: Mapping[str, bytes],
        row: Mapping[str, Any] | None,
        settings: ViewSettings,
    ) -> None:
        sample, wrong = decode_sample(members, settings, self.entry.split, self.palette)
        view = view_of(row) if row is not None else None
        noise = settings.noise_sigma if view is None else view.noise_sigma
        wrong += disagreements(sample, self.palette, noise)
        if sample.luma is not None and key.endswith("-v0"):
            self.findings.prints[key] = copy_print(Image.fromarray(sample.luma))
        if sample.bins is not None:
            self._counts += bin_counts(sample.bins, self.palette.n)
        if row is not None and view and sample.bins is not None and sample.luma is not None:
            resized = (row["resized_width"], row["resized_height"])
            wrong += self._overlaps.lay(row["photo_key"], view, resized, sample.bins, sample.luma)
        for what in wrong:
            self.fault(what, key)


class _HashingReader:
    """A stream that is hashed and counted while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data

    def drain(self) -> str:
        """Read on to the end; return the digest of all."""
        while self.read(1 << 20):
            pass
        return self._digest.hexdigest()


class _Nowhere:
    """File object that discards what is written, for a digest of a tar."""

    def write(self, data: bytes) -> int:
        return len(data)
