"""Statistics of a shard set: counts, colours and licences."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from colorcore.measures import effective_colors
from colorfiles.progress import ProgressCallback, silent
from colorfiles.shard_index import INDEX, SPLITS, ShardEntry
from dataprep.errors import DataprepError
from dataprep.palettes.ceiling import Ceiling, ImageCeiling, image_ceiling, summarize_ceilings
from dataprep.shards.shard_set import ShardSet
from dataprep.shards.views import ViewSettings
from dataprep.verification.index import view_settings
from dataprep.verification.samples import DecodedSample, decode_sample

NO_LICENSE = "not stated"
CEILING_IMAGES = 300


@dataclass(frozen=True)
class SplitFacts:
    """Counts of one split."""

    shards: int
    photos: int
    samples: int
    bytes: int


@dataclass(frozen=True)
class PaletteFacts:
    """Palette of the labels."""

    n: int
    method: str
    fingerprint: str


@dataclass(frozen=True)
class Inspection:
    """Statistics of a shard set.

    Args:
        name: of the set.
        palette: of its labels.
        views: the settings that its views were cut with.
        splits: by name.
        bytes: of all shards.
        bin_counts: pixels of each bin, over all splits.
        effective_bins: exp(entropy) of those.
        ceiling: of the palette, measured on val and test crops; None without any.
        licenses: photos by licence.
        license_urls: of the licences that have one.
    """

    name: str
    palette: PaletteFacts
    views: dict[str, Any]
    splits: dict[str, SplitFacts]
    bytes: int
    bin_counts: tuple[int, ...]
    effective_bins: float
    ceiling: Ceiling | None
    licenses: dict[str, int]
    license_urls: dict[str, str]


@dataclass(frozen=True)
class InspectedSample:
    """A sample with its pixels."""

    key: str
    split: str
    sample: DecodedSample


def inspect_shards(
    shards: ShardSet, *, ceiling_images: int = CEILING_IMAGES, report: ProgressCallback = silent
) -> Inspection:
    """Count the contents of a shard set and measure its palette's ceiling.

    Args:
        shards: the set.
        ceiling_images: crops that the ceiling is measured on, at most.
        report: called once per shard.

    Raises:
        DataprepError: a file of the set is missing or damaged.
    """
    views = _settings(shards)
    counts = np.zeros(shards.palette.n, dtype=np.int64)
    for entry in shards.shards:
        if len(entry.bin_counts) != shards.palette.n:
            raise _damaged(INDEX, f"{entry.file}: not one count for each of the palette's bins")
        counts += np.array(entry.bin_counts)
    licenses, urls = _licenses(shards, report)
    measured = list(_ceilings(shards, ceiling_images))
    return Inspection(
        name=str(shards.index.get("name", "")),
        palette=PaletteFacts(shards.palette.n, shards.palette.method, shards.palette.fingerprint),
        views=asdict(views),
        splits={split: _split_facts(shards, split) for split in SPLITS},
        bytes=sum(entry.bytes for entry in shards.shards),
        bin_counts=tuple(counts.tolist()),
        effective_bins=effective_colors(counts) if counts.any() else 0.0,
        ceiling=summarize_ceilings(measured) if measured else None,
        licenses=licenses,
        license_urls=urls,
    )


def spread_samples(
    shards: ShardSet, split: str, count: int, *, new_photos: bool = True
) -> Iterator[InspectedSample]:
    """Yield at most ``count`` samples of a split, evenly from its shards, from the start of each.

    Args:
        shards: the set.
        split: of the samples.
        count: how many.
        new_photos: at most one sample of a photo.

    Raises:
        DataprepError: a sample can't be read.
    """
    settings = _settings(shards)
    entries = shards.of_split(split)
    if not entries or count <= 0:
        return
    picks = np.unique(np.linspace(0, len(entries) - 1, min(count, len(entries))).astype(int))
    each, extra = divmod(count, len(picks))
    for number, pick in enumerate(picks):
        quota = each + (number < extra)
        yield from _first_samples(shards, entries[pick], settings, quota, new_photos)


def _first_samples(
    shards: ShardSet, entry: ShardEntry, settings: ViewSettings, count: int, new_photos: bool
) -> Iterator[InspectedSample]:
    seen: set[str] = set()
    taken = 0
    for key, members in _samples(shards, entry):
        if taken == count:
            return
        photo = key.rpartition("-v")[0]
        if new_photos and photo in seen:
            continue
        seen.add(photo)
        sample, wrong = decode_sample(members, settings, entry.split, shards.palette)
        if wrong:
            raise _damaged(f"{entry.file}, sample {key}", wrong[0])
        taken += 1
        yield InspectedSample(key, entry.split, sample)


def _samples(shards: ShardSet, entry: ShardEntry) -> Iterator[tuple[str, dict[str, bytes]]]:
    try:
        yield from shards.samples(entry)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise _damaged(entry.file, str(error)) from None


def _ceilings(shards: ShardSet, most: int) -> Iterator[ImageCeiling]:
    splits = [split for split in ("val", "test") if shards.of_split(split)]
    for split in splits:
        for item in spread_samples(shards, split, most // len(splits)):
            if item.sample.rgb is not None and item.sample.bins is not None:
                yield image_ceiling(item.sample.rgb, item.sample.bins, shards.palette)


def _split_facts(shards: ShardSet, split: str) -> SplitFacts:
    entries = shards.of_split(split)
    return SplitFacts(
        shards=len(entries),
        photos=sum(entry.nphotos for entry in entries),
        samples=sum(entry.nsamples for entry in entries),
        bytes=sum(entry.bytes for entry in entries),
    )


def _licenses(shards: ShardSet, report: ProgressCallback) -> tuple[dict[str, int], dict[str, str]]:
    counts, urls = Counter[str](), dict[str, str]()
    columns = ["photo_key", "license_name", "license_id", "license_url"]
    for entry in shards.shards:
        try:
            rows = shards.table(entry, columns).to_pylist()
        except (OSError, ValueError, pa.ArrowException) as error:
            raise _damaged(entry.table_file, str(error)) from None
        for row in {row["photo_key"]: row for row in rows}.values():
            name = row["license_name"] or row["license_id"] or NO_LICENSE
            counts[name] += 1
            if row["license_url"]:
                urls[name] = row["license_url"]
        report()
    return dict(counts.most_common()), dict(sorted(urls.items()))


def _settings(shards: ShardSet) -> ViewSettings:
    try:
        return view_settings(shards.index)
    except ValueError as error:
        raise _damaged(INDEX, str(error)) from None


def _damaged(where: str, why: str) -> DataprepError:
    return DataprepError(f"{where}: {why}; `dataprep verify` lists all that is damaged")
