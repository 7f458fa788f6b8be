"""Writing a shard set: split, plan, shards, index."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from colorcore import Palette
from colorfiles.engines.engine import Engine
from colorfiles.files import sweep
from colorfiles.locks import only_writer
from colorfiles.progress import ProgressCallback, silent
from colorfiles.shard_index import INDEX
from colorfiles.storage import Storage
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos.rows import Photo
from dataprep.photos.splits import SplitRatios, SplitResult, split_by_file, split_photos
from dataprep.shards.descriptions import write_descriptions
from dataprep.shards.earlier_work import Existing, forget, take_up
from dataprep.shards.index import counts_by_reason, counts_by_split, index_content
from dataprep.shards.plan import ShardPlan, plan_shards
from dataprep.shards.view_counts import VARYING
from dataprep.shards.views import ViewSettings, refuse_unfit
from dataprep.shards.writer import ShardJob, ShardResult, write_shard


@dataclass(frozen=True)
class ShardSettings:
    """Settings that decide the bytes of a shard set, with photos and palette.

    Args:
        views: how views are cut.
        ratios: of the splits; not used where ``split_file`` names each photo's.
        split_file: split by photo key.
        shard_samples: samples a shard; None for about 128 MB or 4,096.
        view_counts: by key, the training photos that get fewer views than ``views`` says.
    """

    views: ViewSettings = field(default_factory=ViewSettings)
    ratios: SplitRatios = field(default_factory=SplitRatios)
    split_file: Mapping[str, str] | None = None
    shard_samples: int | None = None
    view_counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ShardSummary:
    """Counts of a shard set; ``skipped`` counts photos by reason (up to the colon)."""

    out: str
    palette: str
    photos: int
    samples: int
    shards: int
    bytes: int
    resumed_shards: int
    splits: dict[str, dict[str, int]]
    skipped_photos: int
    skipped: dict[str, int]
    fingerprint: str


def write_shards(
    photos: Sequence[Photo],
    source: Storage,
    out: Storage,
    *,
    palette: Palette,
    settings: ShardSettings,
    engine: Engine,
    existing: Existing = "same",
    report: ProgressCallback = silent,
) -> ShardSummary:
    """Write the shard set of ``photos``; the same arguments give the same bytes anywhere.

    Args:
        photos: the rows to use.
        source: the photo folder that their paths are in.
        out: where the set goes.
        palette: of the bins.
        settings: everything else that decides the content.
        engine: runs one task a shard.
        existing: treatment of files in ``out``: ``same`` resumes this job's own work only,
            ``resume`` also replaces shards of unknown origin, ``overwrite`` deletes the old set.
        report: called once per photo, before that with notes of the comparison of photos.

    Raises:
        DataprepError: nothing is left to write, ``out`` can't be written to, or it has something
            that was made from something else.
    """
    usable, left_out = _usable(photos, settings.views)
    split = _split(usable, settings, report)
    left_out |= split.left_out
    plans = plan_shards(
        split.photos,
        settings.views,
        shard_samples=settings.shard_samples,
        view_counts=settings.view_counts,
    )
    if not plans:
        reasons = _count_text(left_out) or "none is kept"
        raise DataprepError(f"{source.address}: no photo is left to shard: {reasons}")
    facts = _facts(palette, settings, plans)
    job = ShardJob(source.absolute(), out.absolute(), palette, settings.views, facts)
    out.make()
    with nullcontext() if out.local is None else only_writer(out.local):
        done = take_up(job, plans, existing)
        for plan in plans:
            if plan.name in done:
                report(len(plan.photos))
        resumed = len(done)
        todo = [plan for plan in plans if plan.name not in done]
        for plan, result in engine.run(partial(write_shard, job), todo):
            done[plan.name] = result
            report(len(plan.photos))
        results = [done[plan.name] for plan in plans]
        photos = [photo for plan in plans for photo in plan.photos]
        return _finish(job, results, settings, photos=photos, left_out=left_out, resumed=resumed)


def _usable(photos: Sequence[Photo], settings: ViewSettings) -> tuple[list[Photo], dict[str, str]]:
    usable, left_out = list[Photo](), dict[str, str]()
    for photo in photos:
        try:
            if photo.width and photo.height:
                refuse_unfit(photo.width, photo.height, settings)
            usable.append(photo)
        except UnusablePhoto as unusable:
            left_out[photo.key] = unusable.reason
    return usable, left_out


def _split(
    photos: Sequence[Photo], settings: ShardSettings, report: ProgressCallback
) -> SplitResult:
    if settings.split_file is not None:
        return split_by_file(photos, settings.split_file, report=report)
    return split_photos(photos, settings.ratios, seed=settings.views.seed, report=report)


def _facts(palette: Palette, settings: ShardSettings, plans: Sequence[ShardPlan]) -> dict[str, Any]:
    """Return what an earlier run's shard must match to be kept."""
    content = hashlib.sha256("".join(plan.content for plan in plans).encode()).hexdigest()
    return {
        "palette": palette.fingerprint,
        **asdict(settings.views),
        "split": _ratios(settings),
        "shard_samples": settings.shard_samples,
        "photos and their splits": content,
    }


def _ratios(settings: ShardSettings) -> str:
    if settings.split_file is not None:
        return "file"
    test, val = 100 * settings.ratios.test, 100 * settings.ratios.val
    return f"{100 - test:g}/{test:g}/{100 - val:g}/{val:g}"


def _finish(
    job: ShardJob,
    results: Sequence[ShardResult],
    settings: ShardSettings,
    *,
    photos: Sequence[Photo],
    left_out: Mapping[str, str],
    resumed: int,
) -> ShardSummary:
    skipped = dict(left_out)
    for result in results:
        skipped |= result.skipped
        if result.nsamples == 0:  # every photo of it was unusable
            for suffix in ("json", "parquet", "tar"):
                job.out.delete(f"{result.name}.{suffix}")
    results = [result for result in results if result.nsamples]
    if not results:
        forget(job)
        reasons = _count_text(skipped)
        raise DataprepError(f"{job.photos.address}: no photo could be used: {reasons}")
    splits = counts_by_split(results)
    about_split: dict[str, Any] = {"ratios": _ratios(settings), "seed": job.settings.seed}
    if settings.view_counts:
        about_split["view_counts"] = VARYING
    if job.out.local is not None:
        sweep(job.out.local)
    used = [photo for photo in photos if photo.key not in skipped]
    descriptions = write_descriptions(job, results, used, splits)
    index = index_content(
        job,
        results,
        split=about_split | splits,
        skipped=skipped,
        descriptions=descriptions,
    )
    data = (json.dumps(index, indent=1, allow_nan=False) + "\n").encode()
    if not (job.out.exists(INDEX) and job.out.read(INDEX) == data):
        job.out.write(INDEX, data)
    forget(job)
    return ShardSummary(
        out=job.out.address,
        palette=job.palette.fingerprint,
        photos=sum(r.nphotos for r in results),
        samples=sum(r.nsamples for r in results),
        shards=len(results),
        bytes=sum(r.bytes for r in results),
        resumed_shards=resumed,
        splits=splits,
        skipped_photos=len(skipped),
        skipped=counts_by_reason(skipped),
        fingerprint=hashlib.sha256(data).hexdigest(),
    )


def _count_text(skipped: Mapping[str, str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts_by_reason(skipped).items())
