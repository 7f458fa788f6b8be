"""The interface of photo sources, and the transfer of photos into a photo folder."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from colorfiles.errors import out_of_memory_context
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.imaging import SUFFIXES, ImageLimits, examine
from dataprep.photos.rows import Photo
from dataprep.sources.attribution import Attribution, write_attribution

Summary = TypeVar("Summary")
SummaryT_co = TypeVar("SummaryT_co", covariant=True)


@dataclass(frozen=True)
class ExaminedPhoto:
    """A photo with its decision.

    Args:
        row: for the manifest: kept, or rejected with a reason.
        data: the bytes of a kept photo; None for a reject, and for a file that is at its place.
    """

    row: Photo
    data: bytes | None = None


class PhotoSource(Protocol[SummaryT_co]):
    """A source of photos."""

    @property
    def name(self) -> str:
        """The value of the column ``source``, the first part of keys, and the sub-folder."""

    @property
    def attribution(self) -> Attribution | None:
        """The file that names authors and licences; None writes none."""

    def candidates(self, folder: PhotoFolder) -> Generator[ExaminedPhoto, None, SummaryT_co]:
        """Yield photos in a fixed order, and return a summary.

        Each photo is stored before the next is requested. ``folder`` has the photos of earlier
        runs: a source skips them, so that a rerun resumes.
        """


def examined(row: Photo, data: bytes, limits: ImageLimits | None = None) -> ExaminedPhoto:
    """Decode a photo and complete its row: kept, or rejected with the reason.

    Args:
        row: key, source, id and whatever the source knows of author and licence.
        data: the photo's bytes as received.
        limits: formats, pixels and edges; a photo outside them is rejected.
    """
    row = replace(row, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    try:
        with out_of_memory_context(row.source_path or row.key):
            facts = examine(data, limits)
    except UnusablePhoto as unusable:
        return ExaminedPhoto(replace(row, status="rejected", reason=unusable.reason))
    row = replace(
        row,
        width=facts.width,
        height=facts.height,
        perceptual_hash=facts.perceptual_hash,
        copy_print=facts.copy_print,
    )
    if facts.lack_of_color:
        return ExaminedPhoto(replace(row, status="rejected", reason=facts.lack_of_color))
    path = f"{row.source}/{row.source_id}{SUFFIXES[facts.format]}"
    return ExaminedPhoto(replace(row, path=path), data)


def gather(source: PhotoSource[Summary], out: Path) -> Summary:
    """Store a source's photos in the photo folder ``out`` and return the source's summary.

    Each photo is on disk before the next; manifest and attribution are written at the end, and
    when the run is interrupted.

    Raises:
        DataprepError: the source can't be read. What was stored stays, and a rerun resumes.
    """
    with (
        PhotoFolder.writing(out, source=source.name) as folder,
        closing(source.candidates(folder)) as candidates,
    ):
        try:
            while True:
                try:
                    photo = next(candidates)
                except StopIteration as end:
                    summary: Summary = end.value
                    break
                folder.add(photo.row, photo.data)
        except (DataprepError, KeyboardInterrupt):
            if len(folder):
                _finish(folder, source)
            raise
        _finish(folder, source)
        return summary


def _finish(folder: PhotoFolder, source: PhotoSource[Summary]) -> None:
    folder.commit()
    if source.attribution is not None:
        kept = [photo for photo in folder.kept() if photo.source == source.name]
        write_attribution(folder.root, kept, source.attribution)
