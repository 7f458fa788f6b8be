"""Holding a shard set to everything that docs/shard-format.md promises."""

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
from dataprep.verification.index import file_faults, index_faults, view_settings
from dataprep.verification.marker import set_faults
from dataprep.verification.shard import check_shard
from dataprep.verification.tar import ShardTask


@dataclass(frozen=True)
class Verification:
    """What was read of a shard set, and all that is off."""

    shards: int
    samples: int
    photos: int
    bytes: int
    palette: str
    sound: bool
    faults: tuple[Fault, ...] = ()


def verify_shards(
    address: str, *, engine: Engine, report: ProgressCallback = silent
) -> Verification:
    """Read every byte of a shard set and hold it to its index, its format and its own promises.

    A checksum only says that a file is the one that the index was written for; so every member is
    decoded too, and held to its row, its photo's other views, its colour crop and its palette.
    Who changes a set and writes all of its digests anew, with photos of his own choice, makes
    another sound set: that only a signature over ``index.json`` tells.

    Args:
        address: of the set.
        engine: runs one task a shard.
        report: told of every shard.

    Raises:
        DataprepError: no shard set is there at all.
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
    )


def _tasks(shards: ShardSet, settings: ViewSettings | None) -> Iterator[ShardTask]:
    for entry in {entry.file: entry for entry in shards.shards}.values():
        yield ShardTask(shards, entry, settings)
