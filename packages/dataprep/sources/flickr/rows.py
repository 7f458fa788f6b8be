"""Conversion of a listed photo and its download to a manifest row."""

from dataprep.photos.rows import Photo
from dataprep.sources.attribution import Attribution
from dataprep.sources.flickr.download import Outcome
from dataprep.sources.flickr.licenses import LICENSES
from dataprep.sources.flickr.listing import FoundPhoto, Size, plain_tag

SOURCE = "flickr"
REMOVED = "removed"  # the start of the reason of a photo that a refresh removed
ATTRIBUTION = Attribution(
    "ATTRIBUTION.md",
    # https://www.flickr.com/help/terms/api, 1.a.i: the notice that the terms of use ask for
    "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc.",
)


def to_row(
    found: FoundPhoto,
    outcome: Outcome,
    *,
    tag: str,
    tags: tuple[str, ...],
    reason: str,
    size: Size | None,
) -> Photo:
    """Return the row; the tag that brought the photo is its class and its first tag."""
    license = LICENSES.get(found.license_id)
    others = tuple(other for other in tags if other != tag and plain_tag(other) in found.tags)
    return Photo(
        key=found.key,
        source=SOURCE,
        source_id=found.id,
        path="" if reason else path_of(found.id),
        status="rejected" if reason else "kept",
        reason=reason,
        sha256=outcome.sha256,
        perceptual_hash=outcome.perceptual_hash,
        copy_print=outcome.copy_print,
        width=outcome.width,
        height=outcome.height,
        bytes=outcome.bytes,
        class_name=tag,
        tags=(tag, *others),
        owner_id=found.owner_id,
        owner_name=found.owner_name,
        title=found.title,
        license_id=found.license_id,
        license_name=license.name if license else "",
        license_url=license.url if license else "",
        license_read_at=found.read_at,
        page_url=found.page_url,
        image_url=size.url if size else "",
        fetched_at=outcome.fetched_at or found.read_at,
        source_path=size.url.rpartition("/")[2] if size else "",
    )


def path_of(photo_id: str) -> str:
    """Return a photo's path in the folder."""
    return f"{SOURCE}/{photo_id}.jpg"


def outcome_of(row: Photo) -> Outcome:
    """Return the download's outcome from a kept row."""
    return Outcome(
        sha256=row.sha256,
        perceptual_hash=row.perceptual_hash,
        copy_print=row.copy_print,
        width=row.width,
        height=row.height,
        bytes=row.bytes,
        fetched_at=row.fetched_at,
    )
