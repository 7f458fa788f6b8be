"""Candidates: listed photos before the decision to keep them."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.download import Outcome
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.licenses import LICENSES
from dataprep.sources.flickr.listing import FoundPhoto, Size
from dataprep.sources.flickr.rows import REMOVED, outcome_of, path_of
from dataprep.sources.flickr.selection import Selection, next_tag
from dataprep.sources.flickr.settings import FetchSettings


@dataclass(eq=False)
class Candidate:
    """A listed photo without a decision yet.

    Args:
        size: the one to download.
        reason: of its rejection without a download; empty if it must be downloaded.
        outcome: of its download, once it is known.
    """

    found: FoundPhoto
    size: Size | None
    reason: str
    outcome: Outcome | None

    @property
    def may_be_kept(self) -> bool:
        """Whether it may still be kept."""
        return not self.reason and (self.outcome is None or not self.outcome.reason)


@dataclass(frozen=True)
class Assessor:
    """Rejects photos that need no download, and recalls earlier downloads."""

    settings: FetchSettings
    folder: PhotoFolder
    journal: Journal

    def candidate(self, found: FoundPhoto) -> Candidate:
        """Return a listed photo with its size, reason and earlier outcome."""
        size = found.best_size(self.settings.min_edge, self.settings.max_edge)
        reason = self._reason(found, size)
        outcome = self._recall(found, size) if size is not None and not reason else None
        return Candidate(found, size, reason, outcome)

    def _reason(self, found: FoundPhoto, size: Size | None) -> str:
        row = self.folder.get(found.key)
        if row is not None and row.reason.startswith(REMOVED):
            return row.reason
        if not found.safe_id:
            return "hostile id: not a number"
        if not found.public:
            return "private"
        if found.license_id not in self.settings.licenses:
            known = LICENSES.get(found.license_id)
            return f"licence: {known.name if known else 'unknown'}"
        if size is None:
            return f"no fitting size: of {self.settings.min_edge} to {self.settings.max_edge} px"
        return ""

    def _recall(self, found: FoundPhoto, size: Size) -> Outcome | None:
        row = self.folder.get(found.key)
        has_file = (self.folder.root / path_of(found.id)).is_file()
        if row is not None and row.status == "kept" and has_file:
            return outcome_of(row)
        known = self.journal.outcome(found.id, size.url)
        if known is None:
            return None
        outcome = Outcome.from_json(known)
        was_chosen = row is None or row.status == "kept"
        if not outcome.reason and was_chosen and not has_file:
            return None  # its file was deleted
        return outcome


def foresee(
    selection: Selection,
    buffers: Mapping[str, deque[Candidate]],
    *,
    ended: Collection[str],
    decided: Collection[str],
) -> Iterator[Candidate]:
    """Yield the photos that will be decided next and kept, if all downloads succeed.

    At most as many as are missing. While a tag has photos that aren't listed yet, the others bring
    no more than their share.
    """
    counts, planned = dict(selection.kept), selection.total
    share = -(-selection.count // len(selection.tags))
    places, without, short = dict.fromkeys(counts, 0), set(selection.dry), False
    while planned < selection.count:
        tag = next_tag(selection.tags, counts, without)
        if tag is None:
            return
        place = places[tag]
        if place >= len(buffers[tag]) or (short and counts[tag] >= share):
            without.add(tag)
            short = short or tag not in ended
            continue
        places[tag] += 1
        # A deque indexes slowly in its middle, but no more than a few hundred wait.
        candidate = buffers[tag][place]
        if candidate.may_be_kept and candidate.found.id not in decided:
            counts[tag] += 1
            planned += 1
            yield candidate
