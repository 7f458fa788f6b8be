"""Descriptions of a shard set beside its index: Croissant JSON-LD and a data-set card."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from dataprep.photos.rows import Photo
from dataprep.shards.card import CARD, card, license_counts
from dataprep.shards.croissant import CROISSANT, croissant
from dataprep.shards.writer import ShardJob, ShardResult

DESCRIPTIONS = (CARD, CROISSANT)


def write_descriptions(
    job: ShardJob,
    results: Sequence[ShardResult],
    photos: Sequence[Photo],
    splits: Mapping[str, Mapping[str, int]],
) -> dict[str, str]:
    """Write the descriptions of a set and return the sha256 of each by name.

    Args:
        job: the inputs and settings of the shards.
        results: the shards, none empty.
        photos: those that are in them.
        splits: photos, samples and shards of each split.
    """
    described = croissant(
        results,
        luma="y.jpg" if job.settings.luma == "jpeg" else "y.png",
        licenses=license_counts(photos),
        date=max((photo.fetched_at[:10] for photo in photos), default=""),
    )
    contents = {
        CARD: card(photos, splits, asdict(job.settings)),
        CROISSANT: json.dumps(described, indent=1, ensure_ascii=False) + "\n",
    }
    digests = {}
    for name, content in contents.items():
        data = content.encode()
        if not (job.out.exists(name) and job.out.read(name) == data):
            job.out.write(name, data)
        digests[name] = hashlib.sha256(data).hexdigest()
    return digests
