"""Refresh of a photo folder: removes photos deleted, made private or relicensed."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from colorfiles.outside.files import open_regular
from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder, utc_now
from dataprep.photos.parquet import read_table
from dataprep.photos.rows import Photo
from dataprep.sources.attribution import write_attribution
from dataprep.sources.flickr.api import CallFailed, FlickrClient, PhotoGone
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.licenses import DEFAULT, LICENSES, license_ids
from dataprep.sources.flickr.rows import ATTRIBUTION, REMOVED, SOURCE


@dataclass(frozen=True)
class Removal:
    """A removed photo, and the shards (``folder/name.tar``) that still hold it."""

    key: str
    reason: str
    shards: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RefreshSummary:
    """Counts of a refresh; ``relicensed`` photos stay under another allowed licence."""

    checked: int
    kept: int
    relicensed: int
    removed: list[Removal]
    stale_shards: list[str]
    api_calls: int


def refresh(
    root: Path,
    client: FlickrClient,
    *,
    licenses: tuple[str, ...] | None = None,
    shard_sets: Iterable[Path] = (),
    report: ProgressCallback = silent,
) -> RefreshSummary:
    """Check licence and availability of every Flickr photo in a folder.

    A stopped refresh is resumed. A removed photo's row stays, with the reason,
    and no later fetch brings it back.

    Args:
        root: the photo folder.
        client: asks Flickr.
        licenses: ids that may stay; None means those that the folder's fetches allowed.
        shard_sets: folders of shards in which to look for removed photos.
        report: called once per photo.

    Raises:
        DataprepError: the folder or a shard set can't be read, or Flickr can't be asked.
    """
    with PhotoFolder.writing(root, create=False) as folder:
        return _refreshed(folder, client, licenses, shard_sets, report)


def _refreshed(
    folder: PhotoFolder,
    client: FlickrClient,
    licenses: tuple[str, ...] | None,
    shard_sets: Iterable[Path],
    report: ProgressCallback,
) -> RefreshSummary:
    journal = Journal(folder.root)
    try:
        allowed = set(licenses or journal.allowed_licenses() or license_ids(DEFAULT))
        photos = [photo for photo in folder.kept() if photo.source == SOURCE]
        done = journal.refreshed()
        relicensed = 0
        for photo in photos:
            if photo.key not in done:
                relicensed += _refresh_one(photo, folder, client, allowed)
                journal.add_refreshed(photo.key)
            report()
        journal.end_refresh()
    finally:
        folder.commit()
        kept = [photo for photo in folder.kept() if photo.source == SOURCE]
        write_attribution(folder.root, kept, ATTRIBUTION)
        journal.close()
    removed = [row for row in folder.photos() if row.reason.startswith(f"{REMOVED}:")]
    holding = _shards_of({row.key for row in removed}, shard_sets)
    return RefreshSummary(
        checked=len(photos),
        kept=len(kept),
        relicensed=relicensed,
        removed=[Removal(row.key, row.reason, holding.get(row.key, [])) for row in removed],
        stale_shards=sorted({shard for shards in holding.values() for shard in shards}),
        api_calls=client.calls,
    )


def _refresh_one(photo: Photo, folder: PhotoFolder, client: FlickrClient, allowed: set[str]) -> int:
    try:
        license_id = client.license_of(photo.source_id)
    except PhotoGone as gone:
        folder.remove(photo, f"{REMOVED}: {gone}")
        return 0
    except CallFailed as failure:
        raise DataprepError(f"{failure}; rerun later to resume the refresh") from None
    license = LICENSES.get(license_id)
    name = license.name if license else f"licence {license_id!r}"
    now = replace(
        photo,
        license_id=license_id,
        license_name=name,
        license_url=license.url if license else "",
        license_read_at=utc_now(),
    )
    if license_id not in allowed:
        folder.remove(now, f"{REMOVED}: its licence is {name} now")
        return 0
    folder.add(now)
    return int(license_id != photo.license_id)


def _shards_of(keys: set[str], shard_sets: Iterable[Path]) -> dict[str, list[str]]:
    """Return for each photo the shards that hold it, from the parquet files beside them."""
    holding: dict[str, list[str]] = {}
    for folder in shard_sets:
        tables = sorted(folder.glob("*.parquet"))
        if not tables:
            raise DataprepError(f"{folder}: no shards there; give a folder of `dataprep shard`")
        for path in tables:
            try:
                with open_regular(path, within=folder) as file:
                    held = set(read_table(file, ["photo_key"])["photo_key"].to_pylist())
            except (OSError, ValueError, KeyError, pa.ArrowException) as error:
                raise DataprepError(f"{path}: not the table of a shard ({error})") from None
            for key in sorted(held & keys):
                holding.setdefault(key, []).append(str(path.with_suffix(".tar")))
    return holding
