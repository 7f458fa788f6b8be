"""Checks that samples and photos are unique and that splits are disjoint."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from colorfiles.shard_index import INDEX
from dataprep.photos.duplicates import NearDuplicateIndex
from dataprep.photos.print_index import SAME_FRAME, SURELY_ALIKE, PrintIndex
from dataprep.photos.splits import GROUP_BITS
from dataprep.verification.faults import Fault
from dataprep.verification.shard import PhotoTrace, ShardFindings


def shared_faults(shards: Sequence[ShardFindings]) -> Iterator[Fault]:
    """Yield samples and photos that are in two shards, or in two splits."""
    for key, files in _gathered((key, shard.entry.file) for shard in shards for key in shard.keys):
        yield Fault(INDEX, f"sample {key} is in {' and in '.join(files)}")
    photos = [(shard.entry, photo) for shard in shards for photo in shard.photos]
    for key, files in _gathered((photo.key, entry.file) for entry, photo in photos):
        yield Fault(INDEX, f"photo {key} is in {' and in '.join(files)}")
    for sha256, splits in _gathered((photo.sha256, entry.split) for entry, photo in photos):
        keys = sorted(photo.key for _, photo in photos if photo.sha256 == sha256)
        yield Fault(INDEX, f"the same file is in {_both(splits)}: {', '.join(keys)}")
    owners = ((photo.owner, entry.split) for entry, photo in photos)
    for owner, splits in _gathered(owners):
        yield Fault(INDEX, f"photos of owner {owner} are in {_both(splits)}")
    yield from _near_duplicates([(entry.split, photo) for entry, photo in photos])
    yield from _same_luma(shards)


def _gathered(pairs: Iterable[tuple[Hashable, str]]) -> Iterator[tuple[Hashable, list[str]]]:
    """Yield each key with more than one value; empty keys are ignored."""
    seen: dict[Hashable, set[str]] = defaultdict(set)
    for key, value in pairs:
        if key:
            seen[key].add(value)
    for key, values in seen.items():
        if len(values) > 1:
            yield key, sorted(values)


def _near_duplicates(photos: Iterable[tuple[str, PhotoTrace]]) -> Iterator[Fault]:
    index, split_of = NearDuplicateIndex(GROUP_BITS, SURELY_ALIKE), dict[str, str]()
    for split, photo in photos:
        if not photo.perceptual_hash or photo.key in split_of:
            continue
        for twin in index.find(photo.perceptual_hash, photo.copy_print):
            if split_of[twin] != split:
                what = f"near-duplicates are in {_both([split_of[twin], split])}"
                yield Fault(INDEX, f"{what}: {twin} and {photo.key}")
        split_of[photo.key] = split
        index.add(photo.perceptual_hash, photo.key, photo.copy_print)


def _same_luma(shards: Sequence[ShardFindings]) -> Iterator[Fault]:
    """Yield pictures under different keys in two splits."""
    first: dict[int, tuple[str, str]] = {}
    pairs: set[tuple[str, str]] = set()
    for shard in shards:
        for key, digest in zip(shard.keys, shard.luma_digests, strict=True):
            split, twin = first.setdefault(digest, (shard.entry.split, key))
            if split != shard.entry.split and twin != key:
                both = _both([split, shard.entry.split])
                pairs.add((twin, key))
                yield Fault(INDEX, f"the same picture is in {both}: {twin} and {key}")
    for split, twin, other, key in _same_center_views(shards):
        if (twin, key) not in pairs:
            what = f"the same picture, re-encoded, is in {_both([split, other])}"
            yield Fault(INDEX, f"{what}: {twin} and {key}")


def _same_center_views(shards: Sequence[ShardFindings]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (split, key, split, key) of equal centre views in two splits.

    They are compared by their pixels, so a false hash in a table hides nothing. Crops are found
    by the prints of whole photos in the tables alone.
    """
    index, split_of = PrintIndex(SAME_FRAME), dict[str, str]()
    for shard in shards:
        for key, print_ in shard.prints.items():
            for twin in index.find(print_):
                if split_of[twin] != shard.entry.split:
                    yield split_of[twin], twin, shard.entry.split, key
            index.add(print_, key)
            split_of[key] = shard.entry.split


def _both(splits: Iterable[str]) -> str:
    return " and ".join(splits)
