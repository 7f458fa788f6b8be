"""Checks of a shard's stats: the job and photos that it was written from."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from colorfiles.outside.documents import SMALL, parse_json_object, text
from colorfiles.shard_index import INDEX, ShardEntry
from dataprep.photos.splits import keyed_hash
from dataprep.verification.faults import Fault
from dataprep.verification.tar import ShardTask

_ALL_PHOTOS = "photos and their splits"


@dataclass(frozen=True)
class Marker:
    """Content of a shard's stats.

    Args:
        content: digest of its photos.
        all_content: digest of the photos of the whole set, the same in every shard.
        skipped: by key, why photos were left out.
    """

    content: str
    all_content: str
    skipped: Mapping[str, str]


def read_marker(
    task: ShardTask, rows: Sequence[Mapping[str, Any]]
) -> tuple[Marker | None, list[Fault]]:
    """Return a shard's stats, and their deviations from the index and the table."""
    name = task.entry.stats_file
    try:
        content = parse_json_object(task.shards.storage.read(name, most=SMALL))
        job = dict(content["job"])
        stats = ShardEntry.from_dict({**content, "file": task.entry.file})
        skipped = content.get("skipped", {})
        skipped = {text(key, "key"): text(why, "reason") for key, why in skipped.items()}
        marker = Marker(str(content.get("content")), str(job.get(_ALL_PHOTOS)), skipped)
    except FileNotFoundError:
        return None, []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return None, [Fault(name, f"not the stats of a shard ({error!r})")]
    faults = [*_differences(task, stats, job), *_content_faults(task, marker, rows)]
    return marker, [Fault(name, what) for what in faults]


def _differences(task: ShardTask, stats: ShardEntry, job: Mapping[str, Any]) -> Iterator[str]:
    for key in ("split", "sha256", "nsamples", "bytes", "nphotos", "bin_counts"):
        if getattr(stats, key) != getattr(task.entry, key):
            yield f"{key} differs from what the index says"
    expected = {"palette": task.shards.palette.fingerprint}
    expected |= asdict(task.settings) if task.settings else {}
    split = task.shards.index.get("split")
    if isinstance(split, Mapping) and "ratios" in split:
        expected["split"] = split["ratios"]
    for key, value in expected.items():
        if job.get(key) != value:
            yield f"written with {key} {job.get(key)}, the index has {value}"


def _content_faults(
    task: ShardTask, marker: Marker, rows: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield a fault if photos were deleted, added or changed since the shard was written."""
    if task.settings is None or marker.skipped or not rows:
        return  # with photos left out, the digest has hashes that aren't in the set
    views: dict[str, int] = {}
    hashes: dict[str, str] = {}
    for row in rows:
        views[row["photo_key"]] = views.get(row["photo_key"], 0) + 1
        hashes[row["photo_key"]] = row["sha256"] or ""
    usual, seed = task.settings.views_in(task.entry.split), task.settings.seed
    lines = (
        f"{key} {hashes[key]}" + (f" {views[key]}" if views[key] != usual else "")
        for key in sorted(hashes, key=lambda key: (keyed_hash("shard", seed, key), key))
    )
    digest = hashlib.sha256("\n".join((task.entry.stem, *lines)).encode()).hexdigest()
    if digest != marker.content:
        yield (
            f"content: it was written of other photos (digest {marker.content[:16]}…) than the "
            f"table has ({digest[:16]}…): some were deleted, added or given another sha256"
        )


def set_faults(index: Mapping[str, Any], markers: Mapping[str, Marker | None]) -> Iterator[Fault]:
    """Yield a fault if shards are of different jobs, or shards of the job are missing.

    Args:
        index: of the set.
        markers: by the shard's file, in their order.
    """
    known = [marker for marker in markers.values() if marker is not None]
    if not known or len(known) < len(markers):
        return
    wholes = {marker.all_content for marker in known}
    if len(wholes) > 1:
        yield Fault(INDEX, f"its shards were written by {len(wholes)} different jobs")
        return
    order = sorted(markers, key=lambda f: (("train", "val", "test").index(f.split("-")[0]), f))
    joined = "".join(marker.content for f in order if (marker := markers[f]) is not None)
    skipped = index.get("skipped")
    if hashlib.sha256(joined.encode()).hexdigest() not in wholes and not skipped:
        yield Fault(INDEX, "its shards aren't all that their job wrote: one is missing or changed")
