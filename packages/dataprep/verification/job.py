"""Verification of a shard set against docs/shard-format.md."""

from collections.abc import Iterator
from dataclasses import dataclass

from colorfiles.engines.engine import Engine
from colorfiles.errors import ColorfilesError
from colorfiles.progress import ProgressCallback, silent
from colorfiles.shard_index import INDEX, SPLITS
from colorfiles.storage import Storage
from dataprep.shards.shard_set import ShardSet
from dataprep.shards.views import ViewSettings
from dataprep.verification.disjoint import shared_faults
from dataprep.verification.faults import Fault, capped
from dataprep.verification.index import (
    digest_faults,
    file_faults,
    index_faults,
    view_settings,
)
from dataprep.verification.marker import set_faults
from dataprep.verification.shard import check_shard
from dataprep.verification.tar import ShardTask

NO_DIGESTS = (
    "format version 1: index.json has no digests of tables and stats, so a change of licences or "
    "owners there isn't found; `dataprep shard` as before writes the set as version 2"
)


@dataclass(frozen=True)
class Verification:
    """Amounts read of a shard set, its faults, and notes on unchecked parts."""

    shards: int
    samples: int
    photos: int
    bytes: int
    palette: str
    sound: bool
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


def verify_shards(
    address: str, *, engine: Engine, report: ProgressCallback = silent
) -> Verification:
    """Read every byte of a shard set and check it against its index and the format.

    A checksum only shows that a file is the one the index was written for; so every member is
    decoded too and compared with its row, the other views of its photo, its colour crop and the
    palette. A set whose files and digests were all replaced consistently passes: only a signature
    over ``index.json`` shows who wrote it.

    Args:
        address: of the set.
        engine: runs one task a shard.
        report: called once per shard.

    Raises:
        DataprepError: no shard set is there.
    """
    try:
        shards = ShardSet.open(address)
    except ColorfilesError as error:
        if not Storage(address).exists(INDEX):
            raise
        return Verification(0, 0, 0, 0, "", sound=False, faults=(Fault(INDEX, str(error)),))
    faults, settings = list[Fault](), None
    try:
        settings = view_settings(shards.index)
    except ValueError as error:
        faults.append(Fault(INDEX, str(error)))
    faults += index_faults(shards, settings)
    faults += file_faults(shards, shards.storage.names())
    faults += digest_faults(shards)
    findings = {}
    for task, one in engine.run(check_shard, list(_tasks(shards, settings))):
        findings[task.entry.file] = one
        report(note=f"{sum(len(f.faults) for f in findings.values())} faults")
    ordered = [findings[file] for file in sorted(findings)]
    faults += [fault for one in ordered for fault in one.faults]
    named = all(file.partition("-")[0] in SPLITS for file in findings)
    if named:
        markers = {one.entry.file: one.marker for one in ordered}
        faults += set_faults(shards.index, markers)
    faults += capped(shared_faults(ordered), INDEX)
    return Verification(
        shards=len(ordered),
        samples=sum(len(one.keys) for one in ordered),
        photos=len({photo.key for one in ordered for photo in one.photos}),
        bytes=sum(one.entry.bytes for one in ordered),
        palette=shards.palette.fingerprint,
        sound=not faults,
        faults=tuple(faults),
        notes=() if shards.files else (NO_DIGESTS,),
    )


def _tasks(shards: ShardSet, settings: ViewSettings | None) -> Iterator[ShardTask]:
    for entry in {entry.file: entry for entry in shards.shards}.values():
        yield ShardTask(shards, entry, settings)
