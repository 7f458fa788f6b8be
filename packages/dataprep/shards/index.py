"""The content of ``index.json``, as docs/shard-format.md defines it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from colorfiles.shard_index import SCHEMA_VERSION, SPLITS
from dataprep.shards.writer import ShardJob, ShardResult


def index_content(
    job: ShardJob,
    results: Sequence[ShardResult],
    *,
    split: Mapping[str, Any],
    skipped: Mapping[str, str],
    descriptions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the index of the shards that a job wrote.

    Args:
        job: the inputs and settings of the shards.
        results: the shards, none empty.
        split: how photos were split, and the counts of each split.
        skipped: the reason for each photo left out, by key.
        descriptions: sha256 of the files that describe the set, by name.
    """
    return {
        "__kind__": "wids-shard-index-v1",
        "wids_version": 1,
        "name": "colorunet",
        "schema_version": SCHEMA_VERSION,
        "palette": job.palette.to_dict(),
        "views": asdict(job.settings),
        "split": dict(split),
        "skipped": counts_by_reason(skipped),
        "files": dict(sorted(_files(results, descriptions).items())),
        "shardlist": sorted((r.entry() for r in results), key=lambda entry: entry["file"]),
    }


def _files(results: Sequence[ShardResult], descriptions: Mapping[str, str]) -> dict[str, str]:
    files = dict(descriptions)
    for result in results:
        files |= result.files()
    return files


def counts_by_split(results: Sequence[ShardResult]) -> dict[str, dict[str, int]]:
    """Return how many photos, samples and shards each split has."""
    return {
        split: {
            "photos": sum(r.nphotos for r in results if r.split == split),
            "samples": sum(r.nsamples for r in results if r.split == split),
            "shards": sum(r.split == split for r in results),
        }
        for split in SPLITS
    }


def counts_by_reason(skipped: Mapping[str, str]) -> dict[str, int]:
    """Return how many photos were left out for each reason, details aside."""
    return dict(sorted(Counter(reason.split(":")[0] for reason in skipped.values()).items()))
