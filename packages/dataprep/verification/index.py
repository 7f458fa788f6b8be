"""Checks of the index and of the files that it lists."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from colorfiles.shard_index import INDEX, SPLITS, ShardEntry
from dataprep.shards.descriptions import DESCRIPTIONS
from dataprep.shards.shard_set import ShardSet
from dataprep.shards.views import ViewSettings
from dataprep.verification.faults import Fault

_NAME = re.compile(rf"({'|'.join(SPLITS)})-\d{{6}}\.tar")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def view_settings(index: Mapping[str, Any]) -> ViewSettings:
    """Read the settings of the views from an index.

    Raises:
        ValueError: they aren't complete or out of range.
    """
    try:
        return ViewSettings(**index["views"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"views: not the settings of views ({error})") from None


def index_faults(shards: ShardSet, settings: ViewSettings | None) -> Iterator[Fault]:
    """Yield the faults of the index alone."""
    index = shards.index
    if index.get("__kind__") != "wids-shard-index-v1" or index.get("wids_version") != 1:
        yield _fault("expected the wids keys __kind__ and wids_version, for other readers")
    if not shards.shards:
        yield _fault("shardlist: expected at least one shard, found none")
    names = [entry.file for entry in shards.shards]
    if names != sorted(names):
        yield _fault("shardlist: expected by file name, found another order")
    for name, count in Counter(names).items():
        if count > 1:
            yield _fault(f"shardlist: {name} stands there {count} times")
    for content, entry in zip(index["shardlist"], shards.shards, strict=True):
        for what in _entry_faults(content, entry, shards.palette.n, settings):
            yield _fault(f"{entry.file}: {what}")
    yield from _split_faults(shards)


def _entry_faults(
    content: Mapping[str, Any], entry: ShardEntry, bins: int, settings: ViewSettings | None
) -> Iterator[str]:
    if not _NAME.fullmatch(entry.file):
        yield "expected a name such as train-000000.tar"
    elif entry.file.rpartition("-")[0] != entry.split:
        yield f"its split is {entry.split!r}, its name says another"
    if content.get("url") != entry.file or content.get("filesize") != entry.bytes:
        yield "url and filesize differ from file and bytes"
    if not _SHA256.fullmatch(entry.sha256):
        yield f"sha256: expected 64 hex digits, found {entry.sha256[:80]!r}"
    if len(entry.bin_counts) != bins or min(entry.bin_counts, default=0) < 0:
        yield f"bin_counts: expected {bins} numbers of at least 0, found {len(entry.bin_counts)}"
    elif settings and sum(entry.bin_counts) != entry.nsamples * settings.size**2:
        expected = entry.nsamples * settings.size**2
        yield f"bin_counts: expected {expected} pixels in all, found {sum(entry.bin_counts)}"


def _split_faults(shards: ShardSet) -> Iterator[Fault]:
    section_of = shards.index.get("split")
    if not isinstance(section_of, Mapping):
        yield _fault("the key 'split' is missing")
        return
    for split in SPLITS:
        of_split = shards.of_split(split)
        counts = {
            "photos": sum(entry.nphotos for entry in of_split),
            "samples": sum(entry.nsamples for entry in of_split),
            "shards": len(of_split),
        }
        section = section_of.get(split)
        written = {key: section.get(key) for key in counts} if isinstance(section, Mapping) else {}
        if written != counts and (written or any(counts.values())):
            yield _fault(f"split {split}: says {written}, its shards sum to {counts}")


def file_faults(shards: ShardSet, names: Sequence[str]) -> Iterator[Fault]:
    """Yield missing files, and files that belong to no shard."""
    own = {INDEX, *(name for name in DESCRIPTIONS if name in shards.files)}
    for entry in shards.shards:
        own |= {entry.file, entry.table_file, entry.stats_file}
    for name in sorted(own - set(names)):
        yield Fault(name, "missing; `dataprep shard` as before writes it again")
    for name in sorted(set(names) - own):
        what = (
            "left over from a run that was killed" if name.endswith(".tmp") else "not in the index"
        )
        yield Fault(name, f"stray file, {what}; delete it")


def digest_faults(shards: ShardSet) -> Iterator[Fault]:
    """Yield tables, stats and descriptions whose digest differs from the index."""
    if not shards.files:
        return
    for entry in shards.shards:
        for name in (entry.table_file, entry.stats_file):
            if name not in shards.files:
                yield _fault(f"files: {name} is missing")
    of_shards = {f for e in shards.shards for f in (e.table_file, e.stats_file)}
    for name in sorted(set(shards.files) - of_shards - set(DESCRIPTIONS)):
        yield _fault(f"files: {name} belongs to no shard")
    for name, expected in shards.files.items():
        try:
            found = hashlib.sha256(shards.storage.read(name)).hexdigest()
        except FileNotFoundError:
            continue  # file_faults reports it
        except OSError as error:
            yield Fault(name, f"can't be read ({error.strerror or error})")
            continue
        if found != expected:
            yield Fault(name, f"sha256: expected {expected}, found {found}: changed since written")


def _fault(what: str) -> Fault:
    return Fault(INDEX, what)
