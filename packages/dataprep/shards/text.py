"""A written shard set as text."""

from dataprep.shards.writing import ShardSummary


def shards_text(summary: ShardSummary) -> str:
    """Return amounts, skipped photos and the address of a written set."""
    splits = ", ".join(
        f"{split} {counts['samples']} of {counts['photos']} photos"
        for split, counts in summary.splits.items()
    )
    skipped = ", ".join(f"{count} {reason}" for reason, count in summary.skipped.items())
    return (
        f"{summary.samples} samples in {summary.shards} shards ({splits})"
        + (f", {summary.skipped_photos} photos skipped ({skipped})" if skipped else "")
        + (f", {summary.resumed_shards} shards were there already" * bool(summary.resumed_shards))
        + f": {summary.out}"
    )
