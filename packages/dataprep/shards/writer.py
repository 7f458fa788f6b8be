"""Writing one shard: tar, table, and last the stats as its commit marker."""

import errno
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int
from PIL import Image

from colorcore import Palette
from colorfiles.errors import out_of_memory_context
from colorfiles.outside.documents import SMALL, parse_json_object, text
from colorfiles.shard_index import SCHEMA_VERSION, ShardEntry
from colorfiles.storage import Storage
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos.rows import COLUMNS, Photo
from dataprep.photos.splits import keyed_hash
from dataprep.shards.plan import ShardPlan
from dataprep.shards.samples import (
    EncodedSample,
    SampleMaker,
    batch_photos,
    resized_photo,
    sample_maker,
)
from dataprep.shards.ustar import TarWriter
from dataprep.shards.views import ViewSettings

_BLOCK_PHOTOS = 128  # samples are shuffled within so many photos: about 20 MB at 256 px
_BUFFER = 1 << 18  # the kernel takes these at half the time of single members; it stays in cache
_PROVENANCE = {
    name: COLUMNS[name]
    for name in (
        *("sha256", "perceptual_hash", "copy_print", "source", "class_name"),
        *("owner_id", "owner_name", "title"),
        *("license_id", "license_name", "license_url", "page_url"),
    )
}
TABLE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("sample_key", "photo_key", "split")),
        ("view", pa.int32()),
        ("kind", pa.string()),
        *((name, pa.int32()) for name in ("crop_left", "crop_top", "crop_size")),
        *((name, pa.int32()) for name in ("resized_width", "resized_height")),
        ("flip", pa.bool_()),
        ("noise_sigma", pa.float64()),
        ("noise_seed", pa.int64()),
        *((column, pa.string()) for column in _PROVENANCE.values()),
    ]
)


@dataclass(frozen=True)
class ShardJob:
    """Settings shared by all shards of a set; sent to workers.

    ``facts`` is what a shard of an earlier run must agree with to be kept.
    """

    photos: Storage
    out: Storage
    palette: Palette
    settings: ViewSettings
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ShardResult:
    """One shard as described by its stats file.

    ``skipped`` has a reason for each photo left out. ``stats_sha256`` is that of the stats file,
    which can't hold it itself.
    """

    name: str
    split: str
    sha256: str
    nsamples: int
    bytes: int
    nphotos: int
    bin_counts: tuple[int, ...]
    skipped: Mapping[str, str]
    table_sha256: str
    stats_sha256: str = ""

    def entry(self) -> dict[str, Any]:
        """Return the object of the index's ``shardlist``."""
        file = f"{self.name}.tar"
        content = ShardEntry(
            file=file,
            split=self.split,
            sha256=self.sha256,
            nsamples=self.nsamples,
            bytes=self.bytes,
            nphotos=self.nphotos,
            bin_counts=self.bin_counts,
        )
        return {"url": file, **asdict(content), "filesize": self.bytes}

    def files(self) -> dict[str, str]:
        """Return the sha256 of the files beside the tar, by name."""
        return {
            f"{self.name}.json": self.stats_sha256,
            f"{self.name}.parquet": self.table_sha256,
        }


def write_shard(job: ShardJob, plan: ShardPlan) -> ShardResult:
    """Write a shard; its stats file is written last.

    Raises:
        DataprepError: the output can't be written.
    """
    try:
        return _write(job, plan)
    except OSError as error:
        hint = "free some space" if error.errno == errno.ENOSPC else "check it"
        raise DataprepError(
            f"{job.out.at(plan.name + '.tar')}: {error.strerror or error}; {hint}, then run the "
            "same command again"
        ) from None


def _write(job: ShardJob, plan: ShardPlan) -> ShardResult:
    rows: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    counts = np.zeros(job.palette.n, dtype=np.int64)
    maker = sample_maker(job.palette, job.settings)
    photos = {photo.key: photo for photo in plan.photos}
    # Table and stats are written before the tar is renamed, so that a full disk keeps none of them,
    # and renamed after it, as a folder isn't recognized as a shard set without a tar.
    with (
        job.out.stage(f"{plan.name}.json") as marker,
        job.out.stage(f"{plan.name}.parquet") as table,
        job.out.stage(f"{plan.name}.tar") as path,
        path.open("wb", _BUFFER) as file,
    ):
        tar = TarWriter(file)
        for samples, of_block in _blocks(job, plan, maker, skipped):
            counts += of_block
            for sample in samples:
                for extension, data in sample.members.items():
                    tar.add(f"{sample.key}.{extension}", data)
            rows += [_row(photos[sample.photo_key], plan.split, sample) for sample in samples]
        tar.finish()
        file.flush()
        pq.write_table(pa.Table.from_pylist(rows, TABLE_SCHEMA), table, compression="zstd")
        result = ShardResult(
            name=plan.name,
            split=plan.split,
            sha256=tar.sha256,
            nsamples=len(rows),
            bytes=tar.size,
            nphotos=len(plan.photos) - len(skipped),
            bin_counts=tuple(counts.tolist()),
            skipped=skipped,
            table_sha256=hashlib.sha256(table.read_bytes()).hexdigest(),
        )
        stats = _stats(job, plan, result)
        marker.write_bytes(stats)
    return replace(result, stats_sha256=hashlib.sha256(stats).hexdigest())


def _stats(job: ShardJob, plan: ShardPlan, result: ShardResult) -> bytes:
    facts = asdict(result)
    del facts["stats_sha256"]
    marker = {"schema_version": SCHEMA_VERSION, "job": job.facts, "content": plan.content}
    return _json(marker | facts)


def finished_shard(job: ShardJob, plan: ShardPlan) -> ShardResult | None:
    """Return the result of an earlier run for the same shard, if it is complete."""
    try:
        stats = job.out.read(f"{plan.name}.json", most=SMALL)
        marker = parse_json_object(stats)
        if (marker.pop("job"), marker.pop("content")) != (job.facts, plan.content):
            return None
        if marker.pop("schema_version") != SCHEMA_VERSION:
            return None
        ShardEntry.from_dict(marker | {"file": f"{plan.name}.tar"})  # for the types in it
        skipped = {text(key, "key"): text(why, "why") for key, why in marker["skipped"].items()}
        lists = {"bin_counts": tuple(marker["bin_counts"]), "skipped": skipped}
        digest = {"stats_sha256": hashlib.sha256(stats).hexdigest()}
        result = ShardResult(**marker | lists | digest)
        if result.name != plan.name or result.split != plan.split:
            return None
        whole = job.out.size(f"{plan.name}.tar") == result.bytes
        return result if whole and job.out.exists(f"{plan.name}.parquet") else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _blocks(
    job: ShardJob, plan: ShardPlan, maker: SampleMaker, skipped: dict[str, str]
) -> Iterator[tuple[list[EncodedSample], Int[np.ndarray, "n"]]]:
    """Yield the samples of each block in their order in the shard, and the pixels of each bin."""
    step = batch_photos(job.settings)
    for start in range(0, len(plan.photos), _BLOCK_PHOTOS):
        block = plan.photos[start : start + _BLOCK_PHOTOS]
        samples, counts = list[EncodedSample](), np.zeros(job.palette.n, dtype=np.int64)
        for first in range(0, len(block), step):
            if resized := list(_resized(job, block[first : first + step], skipped)):
                of_batch, batch_counts = maker.samples(resized, plan.split, plan.view_counts)
                samples += of_batch
                counts += batch_counts
        yield sorted(samples, key=lambda s: keyed_hash("order", job.settings.seed, s.key)), counts


def _resized(
    job: ShardJob, photos: Sequence[Photo], skipped: dict[str, str]
) -> Iterator[tuple[str, Image.Image]]:
    files = []
    for photo in photos:  # step by step here too
        try:
            files.append((photo, _read(job.photos, photo)))
        except UnusablePhoto as unusable:
            skipped[photo.key] = unusable.reason
    for photo, data in files:
        try:
            with out_of_memory_context(photo.path):
                image = resized_photo(data, job.settings, full=(photo.width, photo.height))
        except UnusablePhoto as unusable:
            skipped[photo.key] = unusable.reason
        else:
            yield photo.key, image


def _read(photos: Storage, photo: Photo) -> bytes:
    try:
        data = photos.read(photo.path)
    except OSError as error:
        raise UnusablePhoto(f"unreadable: {error.strerror or type(error).__name__}") from None
    if photo.sha256 and hashlib.sha256(data).hexdigest() != photo.sha256:
        raise UnusablePhoto("changed: its sha256 isn't the one in the manifest")
    return data


def _row(photo: Photo, split: str, sample: EncodedSample) -> dict[str, Any]:
    return {
        "sample_key": sample.key,
        "photo_key": photo.key,
        "split": split,
        **vars(sample.view),
        "resized_width": sample.resized[0],
        "resized_height": sample.resized[1],
        **{column: getattr(photo, name) for name, column in _PROVENANCE.items()},
    }


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
