"""Photos of a shard set, and the halving of ordinary photos."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from colorfiles.errors import ColorfilesError
from colorfiles.files import write_atomically
from dataprep.photos.rows import Photo
from dataprep.photos.splits import SplitRatios, split_photos
from ship_parts.licenses import PhotoRow

_COLUMNS = ["photo_key", "split", "sha256"]


def photo_splits(shards: Path, earlier: Sequence[Path] = ()) -> dict[str, str]:
    """Return the split of every photo by its key.

    Args:
        shards: what the last fit read.
        earlier: what the fits before it read; a photo that one of them trained on is ``train``.
    """
    splits: dict[str, str] = {}
    for folder in (shards, *earlier):
        for row in _photo_table(folder):
            key, split = row["photo_key"], row["split"]
            splits[key] = split if split == "train" else splits.get(key, split)
    return splits


def require_unseen(shards: Path, rows: Sequence[PhotoRow]) -> None:
    """Refuse test photos of which one was trained on, byte by byte.

    Raises:
        ColorfilesError: it names the first.
    """
    trained = {row.sha256: row.key for row in rows if row.split == "train"}
    for row in _photo_table(shards):
        if row["sha256"] in trained:
            raise ColorfilesError(
                f"photo {row['photo_key']}: only to be measured on, but it is the training photo "
                f"{trained[row['sha256']]}; leave it out of the photos to evaluate on"
            )


def write_halves(photos: Sequence[Photo], path: Path) -> None:
    """Write a split file: half of the photos val, half test; near-duplicates stay together."""
    split = split_photos(photos, SplitRatios(test=0.5, val=0.0), seed=0)
    names = {"train": "val", "test": "test"}
    with write_atomically(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("key", "split"))
        for part, name in names.items():
            writer.writerows((photo.key, name) for photo in split.photos.get(part, ()))


def _photo_table(shards: Path) -> list[dict[str, str]]:
    paths = sorted(shards.glob("*.parquet"))
    if not paths:
        raise ColorfilesError(
            f"{shards}: no tables beside the shards; is this a set of dataprep shard?"
        )
    rows = [row for path in paths for row in pq.read_table(path, columns=_COLUMNS).to_pylist()]
    return list({row["photo_key"]: row for row in rows}.values())
