"""Checks of one shard, its table and its stats against its index entry."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from colorfiles.shard_index import ShardEntry
from dataprep.shards.view_counts import VARYING
from dataprep.verification.faults import Fault, capped
from dataprep.verification.marker import Marker, read_marker
from dataprep.verification.tables import photo_fields, row_faults, schema_faults
from dataprep.verification.tar import ShardTask, read_tar

Row = Mapping[str, Any]


@dataclass(frozen=True)
class PhotoTrace:
    """Identity of a photo in a shard's table, which must not occur in another split."""

    key: str
    sha256: str
    perceptual_hash: str
    copy_print: str
    owner: tuple[str, str] | None


@dataclass(frozen=True)
class ShardFindings:
    """Results of one shard.

    Args:
        entry: of the shard.
        faults: within the shard.
        photos: in it.
        keys: of its samples, in order.
        luma_digests: 64 bits of each sample's luma member, in the same order.
        prints: by key, the copy print of each center view.
        marker: what the stats beside it say of the job and its photos.
    """

    entry: ShardEntry
    faults: tuple[Fault, ...]
    photos: tuple[PhotoTrace, ...]
    keys: tuple[str, ...]
    luma_digests: tuple[int, ...]
    prints: Mapping[str, str] = field(default_factory=dict)
    marker: Marker | None = None


def check_shard(task: ShardTask) -> ShardFindings:
    """Read a whole shard and return the findings."""
    entry = task.entry
    rows, table_faults = _read_table(task)
    faulty = {number for number, _ in table_faults}
    sound = [None if number in faulty else row for number, row in enumerate(rows)]
    tar = read_tar(task, sound)
    marker, marker_faults = read_marker(task, rows)
    faults = [fault for _, fault in table_faults] + marker_faults + tar.faults
    if task.settings:
        views = task.settings.views_in(entry.split)
        split = task.shards.index.get("split")
        varying = isinstance(split, Mapping) and split.get("view_counts") == VARYING
        faults += [
            Fault(entry.file, what) for what in _photo_faults(entry, tar.keys, views, varying)
        ]
    faults += [Fault(entry.table_file, what) for what in _provenance_faults(rows)]
    return ShardFindings(
        entry=entry,
        faults=capped(faults, entry.file),
        photos=tuple(_traces(rows)),
        keys=tuple(tar.keys),
        luma_digests=tuple(tar.luma_digests),
        prints=tar.prints,
        marker=marker,
    )


def _read_table(task: ShardTask) -> tuple[list[dict[str, Any]], list[tuple[int, Fault]]]:
    """Return the rows, none of an unusable table, and faults with their row (or -1)."""
    name = task.entry.table_file
    try:
        table = task.shards.table(task.entry)
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError, pa.ArrowException) as error:
        return [], [(-1, Fault(name, f"can't be read ({error})"))]
    wrong = [(-1, Fault(name, what)) for what in schema_faults(table)]
    if wrong:
        return [], wrong
    rows = table.to_pylist()
    if len(rows) != task.entry.nsamples:
        wrong.append((-1, Fault(name, f"expected {task.entry.nsamples} rows, found {len(rows)}")))
    if task.settings:
        for number, row in enumerate(rows):
            where = f"{name}, row {number} ({row['sample_key']})"
            for what in row_faults(row, task.entry.split, task.settings):
                wrong.append((number, Fault(where, what)))
    return rows, wrong


def _photo_faults(entry: ShardEntry, keys: list[str], views: int, varying: bool) -> Iterator[str]:
    """Yield photos with missing or doubled views, and a wrong number of photos.

    Where view counts are ``varying``, the last views of a photo may be missing.
    """
    views_of: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        photo, _, view = key.rpartition("-v")
        views_of[photo].append(view)
    expected = [str(view) for view in range(views)]
    for photo, numbers in views_of.items():
        due = expected[: len(numbers)] if varying else expected
        if sorted(numbers, key=lambda number: (len(number), number)) != due:
            yield f"photo {photo}: expected views 0 to {views - 1}, found {', '.join(numbers)}"
    if len(views_of) != entry.nphotos:
        yield f"expected {entry.nphotos} photos, found {len(views_of)}"


def _provenance_faults(rows: list[dict[str, Any]]) -> Iterator[str]:
    fields_of: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows:
        fields_of[row["photo_key"]].add(photo_fields(row))
    for photo, versions in fields_of.items():
        if len(versions) > 1:
            yield f"photo {photo}: its views tell {len(versions)} different stories of it"
    for key, count in Counter(row["sample_key"] for row in rows).items():
        if count > 1:
            yield f"sample {key}: {count} rows"


def _traces(rows: list[dict[str, Any]]) -> Iterator[PhotoTrace]:
    for row in {row["photo_key"]: row for row in rows}.values():
        owner = (row["source"], row["owner_id"]) if row["owner_id"] else None
        hashes = (row["sha256"], row["perceptual_hash"], row.get("copy_print", ""))
        yield PhotoTrace(row["photo_key"], *hashes, owner)
