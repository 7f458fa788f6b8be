"""Writes the decisions of a fetch to the photo folder: rows, files, ATTRIBUTION.md."""

import re
from pathlib import Path

from colorfiles.files import discard
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.attribution import write_attribution
from dataprep.sources.flickr.candidates import Candidate
from dataprep.sources.flickr.download import Outcome
from dataprep.sources.flickr.rows import REMOVED, SOURCE, path_of, to_row

_OWN_FILE = re.compile(r"[0-9]{1,24}\.jpg")


class Shelf:
    """Puts decided photos into a folder and takes rejected ones out."""

    def __init__(self, folder: PhotoFolder, tags: tuple[str, ...]) -> None:
        self._folder, self._tags = folder, tags

    def put(self, candidate: Candidate, outcome: Outcome, *, tag: str, reason: str) -> None:
        """Write the row of a decision, unless it is there already."""
        row = self._folder.get(candidate.found.key)
        if row is not None and row.reason == reason:
            return
        was_kept = row is not None and row.status == "kept"
        if reason.startswith(REMOVED) or (was_kept and candidate.reason):
            return  # taken away by a refresh, or kept by a fetch that allowed more
        if row is not None and was_kept:
            self._folder.remove(row, reason)
            return
        self._folder.add(
            to_row(
                candidate.found,
                outcome,
                tag=tag,
                tags=self._tags,
                reason=reason,
                size=candidate.size,
            )
        )
        if reason and candidate.found.safe_id:
            discard(self._folder.root / path_of(candidate.found.id))

    def take_back(self, key: str, reason: str) -> None:
        """Reject a photo that was kept."""
        row = self._folder.get(key)
        if row is not None and row.status == "kept":
            self._folder.remove(row, reason)

    def remove_leftovers(self) -> None:
        """Delete images that were downloaded ahead and not chosen."""
        kept = {Path(row.path).name for row in self._folder.kept() if row.source == SOURCE}
        for path in (self._folder.root / SOURCE).iterdir():
            if _OWN_FILE.fullmatch(path.name) and path.name not in kept:
                discard(path)

    def write_manifest(self) -> None:
        """Write manifest.parquet and ATTRIBUTION.md anew."""
        self._folder.commit()
        kept = [row for row in self._folder.kept() if row.source == SOURCE]
        write_attribution(self._folder.root, kept)
