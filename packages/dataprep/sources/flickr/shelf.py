"""Decisions of a fetch as rows of the photo folder."""

import re
from dataclasses import replace
from pathlib import Path

from colorfiles.files import discard
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.rows import Photo
from dataprep.sources.flickr.candidates import Candidate
from dataprep.sources.flickr.download import Outcome
from dataprep.sources.flickr.rows import REMOVED, SOURCE, path_of, to_row
from dataprep.sources.source import ExaminedPhoto

_OWN_FILE = re.compile(r"[0-9]{1,24}\.jpg")


class Shelf:
    """Turns decisions into changes of a folder's rows."""

    def __init__(self, folder: PhotoFolder, tags: tuple[str, ...]) -> None:
        self._folder, self._tags = folder, tags

    def decided(
        self, candidate: Candidate, outcome: Outcome, *, tag: str, reason: str
    ) -> ExaminedPhoto | None:
        """Return the row of a decision; None if the folder's row stays."""
        row = self._folder.get(candidate.found.key)
        if row is not None and row.reason == reason:
            return None
        was_kept = row is not None and row.status == "kept"
        if reason.startswith(REMOVED) or (was_kept and candidate.reason):
            return None  # removed by a refresh, or kept by a fetch that allowed more
        if row is not None and was_kept:
            return _rejected(row, reason)
        if reason and candidate.found.safe_id:
            discard(self._folder.root / path_of(candidate.found.id))
        return ExaminedPhoto(
            to_row(
                candidate.found,
                outcome,
                tag=tag,
                tags=self._tags,
                reason=reason,
                size=candidate.size,
            )
        )

    def revoked(self, key: str, reason: str) -> ExaminedPhoto | None:
        """Return the rejecting row of a kept photo; None if it isn't kept."""
        row = self._folder.get(key)
        return _rejected(row, reason) if row is not None and row.status == "kept" else None

    def remove_leftovers(self) -> None:
        """Delete images that were downloaded ahead and not selected."""
        kept = {Path(row.path).name for row in self._folder.kept() if row.source == SOURCE}
        for path in (self._folder.root / SOURCE).iterdir():
            if _OWN_FILE.fullmatch(path.name) and path.name not in kept:
                discard(path)


def _rejected(row: Photo, reason: str) -> ExaminedPhoto:
    return ExaminedPhoto(replace(row, path="", status="rejected", reason=reason))
