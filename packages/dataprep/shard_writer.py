"""Writing one shard: tar, table and, last, the stats that say it is whole."""

import errno
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from colorcore import Palette
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos import Photo, column_of
from dataprep.samples import PhotoSamples, Sample, SampleMaker, sample_maker
from dataprep.shard_plan import ShardPlan
from dataprep.shard_set import SCHEMA_VERSION, ShardEntry
from dataprep.splits import keyed_hash
from dataprep.storage import Storage
from dataprep.ustar import TarWriter
from dataprep.views import ViewSettings

_BLOCK_PHOTOS = 128  # samples are shuffled within so many photos: about 20 MB at 256 px
_PROVENANCE = {
    name: column_of(name)
    for name in (
        *("sha256", "perceptual_hash", "source", "class_name", "owner_id", "owner_name", "title"),
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
    """What every shard of a set has in common; sent to the workers as it is.

    ``facts`` is what a shard of an earlier run must agree with to be kept.
    """

    photos: Storage
    out: Storage
    palette: Palette
    settings: ViewSettings
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ShardResult:
    """A shard as its stats file tells of it; ``skipped`` has a reason for each photo left out."""

    name: str
    split: str
    sha256: str
    nsamples: int
    bytes: int
    nphotos: int
    bin_counts: tuple[int, ...]
    skipped: Mapping[str, str]

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


def write_shard(job: ShardJob, plan: ShardPlan) -> ShardResult:
    """Write a shard so that its stats file appears when the rest is whole.

    Raises:
        DataprepError: the output can't be written.
    """
    try:
        return _write(job, plan)
    except OSError as error:
        hint = "free some space" if error.errno == errno.ENOSPC else "check it"
        raise DataprepError(
            f"{job.out.at(plan.name + '.tar')}: {error.strerror or error}; {hint}, then rerun with "
            "--resume"
        ) from None


def _write(job: ShardJob, plan: ShardPlan) -> ShardResult:
    rows: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    counts = np.zeros(job.palette.n, dtype=np.int64)
    maker = sample_maker(job.palette, job.settings)
    with job.out.stage(f"{plan.name}.tar") as path, path.open("wb") as file:
        tar = TarWriter(file)
        for made in _blocks(job, plan, maker, skipped):
            counts += sum(of_photo.bin_counts for _, of_photo in made)
            for photo, sample in _shuffled(made, job.settings.seed):
                for extension, data in sample.members.items():
                    tar.add(f"{sample.key}.{extension}", data)
                rows.append(_row(photo, plan.split, sample))
        tar.finish()
    with job.out.stage(f"{plan.name}.parquet") as path:
        pq.write_table(pa.Table.from_pylist(rows, TABLE_SCHEMA), path, compression="zstd")
    result = ShardResult(
        name=plan.name,
        split=plan.split,
        sha256=tar.sha256,
        nsamples=len(rows),
        bytes=tar.size,
        nphotos=len(plan.photos) - len(skipped),
        bin_counts=tuple(counts.tolist()),
        skipped=skipped,
    )
    marker = {"schema_version": SCHEMA_VERSION, "job": job.facts, "content": plan.content}
    job.out.write(f"{plan.name}.json", _json(marker | asdict(result)))
    return result


def finished_shard(job: ShardJob, plan: ShardPlan) -> ShardResult | None:
    """Return what an earlier run wrote of this very shard, if that is whole."""
    try:
        marker = json.loads(job.out.read(f"{plan.name}.json"))
        if (marker.pop("job"), marker.pop("content")) != (job.facts, plan.content):
            return None
        del marker["schema_version"]
        result = ShardResult(**marker | {"bin_counts": tuple(marker["bin_counts"])})
        whole = job.out.size(f"{plan.name}.tar") == result.bytes
        return result if whole and job.out.exists(f"{plan.name}.parquet") else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _blocks(
    job: ShardJob, plan: ShardPlan, maker: SampleMaker, skipped: dict[str, str]
) -> Iterator[list[tuple[Photo, PhotoSamples]]]:
    for start in range(0, len(plan.photos), _BLOCK_PHOTOS):
        made = []
        for photo in plan.photos[start : start + _BLOCK_PHOTOS]:
            try:
                samples = maker.samples(
                    _read(job.photos, photo),
                    photo_key=photo.key,
                    split=plan.split,
                    full=(photo.width, photo.height),
                )
                made.append((photo, samples))
            except UnusablePhoto as unusable:
                skipped[photo.key] = unusable.reason
        yield made


def _shuffled(made: list[tuple[Photo, PhotoSamples]], seed: int) -> Iterator[tuple[Photo, Sample]]:
    pairs = [(photo, sample) for photo, of_photo in made for sample in of_photo.samples]
    yield from sorted(pairs, key=lambda pair: keyed_hash("order", seed, pair[1].key))


def _read(photos: Storage, photo: Photo) -> bytes:
    try:
        data = photos.read(photo.path)
    except OSError as error:
        raise UnusablePhoto(f"unreadable: {error.strerror or type(error).__name__}") from None
    if photo.sha256 and hashlib.sha256(data).hexdigest() != photo.sha256:
        raise UnusablePhoto("changed: its sha256 isn't the one in the manifest")
    return data


def _row(photo: Photo, split: str, sample: Sample) -> dict[str, Any]:
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
