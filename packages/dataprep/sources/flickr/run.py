"""Event loop of a fetch: lists ahead, downloads, and yields decisions in a fixed order."""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from queue import Empty
from typing import Any

from colorfiles.progress import ProgressCallback
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.candidates import Assessor, Candidate, foresee
from dataprep.sources.flickr.download import Outcome, Task
from dataprep.sources.flickr.images import Images
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.listing import FoundPhoto
from dataprep.sources.flickr.rows import SOURCE, path_of
from dataprep.sources.flickr.selection import Looks, Selection
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.shelf import Shelf
from dataprep.sources.flickr.stream import TagStream
from dataprep.sources.source import ExaminedPhoto


@dataclass(frozen=True)
class FetchSummary:
    """Counts of a fetch, in photos.

    Args:
        wanted: the requested count.
        found: photos that were decided on, over all tags.
        kept: photos of this fetch in the folder.
        downloaded: images of this run.
        dry_tags: tags without more photos.
        unknown_tags: tags without any photo.
    """

    wanted: int
    found: int
    kept: int
    kept_by_tag: dict[str, int]
    rejected: int
    rejected_by_reason: dict[str, int]
    downloaded: int
    api_calls: int = 0
    dry_tags: list[str] = field(default_factory=list)
    unknown_tags: list[str] = field(default_factory=list)


class FetchRun:
    """State of one run: its thread decides, other threads list and download."""

    def __init__(
        self,
        settings: FetchSettings,
        folder: PhotoFolder,
        journal: Journal,
        *,
        streams: Iterable[TagStream],
        images: Images,
        report: ProgressCallback,
    ) -> None:
        self.settings, self.folder, self.journal = settings, folder, journal
        self.images, self.report = images, report
        self.streams = {stream.tag: stream for stream in streams}
        tags = settings.tags
        self.selection = Selection(tags, settings.count, self._revoke)
        self.ahead = 4 * settings.concurrency + 8
        self.listers = ThreadPoolExecutor(len(tags), thread_name_prefix="list")
        self.buffers: dict[str, deque[Candidate]] = {tag: deque() for tag in tags}
        self.listing: set[str] = set()
        self.ended: set[str] = set()
        self.decided: set[str] = set()
        self.pending: dict[str, list[Candidate]] = {}
        self.fresh: dict[str, Outcome] = {}
        self.rejected: dict[str, str] = {}
        self.revoked: list[tuple[str, str]] = []
        self.assessor = Assessor(settings, folder, journal)
        self.shelf = Shelf(folder, settings.tags)

    def decisions(self) -> Generator[ExaminedPhoto, None, FetchSummary]:
        """Yield photos, kept and rejected, until there are enough, or no more."""
        self.journal.begin(self.settings.identity, self.settings.licenses)
        self._know_what_is_there()
        while not (yield from self._decide()):
            self._list_ahead()
            self._plan()
            self._wait(self.images.start())
        summary = self._summary()
        if not summary.found:
            raise DataprepError(
                f"no photos for {_in_words(self.settings.tags)} under the chosen licences; "
                "try other tags or more licences (--license)"
            )
        self.images.close()
        self.shelf.remove_leftovers()
        self.journal.finish(self.settings.identity)
        return summary

    def close(self) -> None:
        """End the threads."""
        self.images.close()
        self.listers.shutdown(wait=True, cancel_futures=True)

    # --- decisions -------------------------------------------------------------------------------

    def _decide(self) -> Generator[ExaminedPhoto, None, bool]:
        """Make all decisions that are possible now; return whether the fetch is complete."""
        while not self.selection.complete:
            tag = self.selection.turn()
            if tag is None:
                return True
            buffer = self.buffers[tag]
            if not buffer:
                if tag not in self.ended:
                    return False
                self.selection.dry.add(tag)
                continue
            candidate = buffer[0]
            if candidate.found.id not in self.decided:
                if not candidate.reason and candidate.outcome is None:
                    return False
                yield from self._decide_one(candidate, tag)
            buffer.popleft()
        return True

    def _decide_one(self, candidate: Candidate, tag: str) -> Iterator[ExaminedPhoto]:
        photo = candidate.found
        self.decided.add(photo.id)
        self.fresh.pop(photo.id, None)
        outcome = candidate.outcome or Outcome()
        reason = candidate.reason or outcome.reason
        if not reason:
            size = candidate.size
            listed = (size.width, size.height) if size else (0, 0)
            shape = (outcome.width, outcome.height)
            looks = Looks(outcome.sha256, outcome.perceptual_hash, shape, listed)
            reason = self.selection.decide(photo.key, tag, looks)
        revoked = [self.shelf.revoked(key, why) for key, why in self.revoked]
        self.rejected |= dict(self.revoked)
        self.revoked.clear()
        if reason:
            self.rejected[photo.key] = reason
        decided = self.shelf.decided(candidate, outcome, tag=tag, reason=reason)
        yield from filter(None, (*revoked, decided))
        self.report(0 if reason else 1, note=self._note())

    def _revoke(self, key: str, reason: str) -> None:
        self.revoked.append((key, reason))

    def _know_what_is_there(self) -> None:
        """Add photos of other sources and fetches, of which no duplicates are fetched."""
        queries = [stream.query for stream in self.streams.values()]
        for row in self.folder.kept():
            if row.source != SOURCE or not self.journal.is_found(queries, row.source_id):
                self.selection.know(row)

    # --- what is listed --------------------------------------------------------------------------

    def _list_ahead(self) -> None:
        """Request more photos of tags that run low."""
        wanted = min(self.ahead, self.settings.count - self.selection.total)
        for tag in self.settings.tags:
            if tag not in self.ended | self.listing and len(self.buffers[tag]) < wanted:
                self.listing.add(tag)
                self._list(tag)

    def _list(self, tag: str) -> None:
        listing = self.listers.submit(self.streams[tag].more, self.ahead)
        settle = partial(self._listed, tag)
        listing.add_done_callback(lambda done: self.images.events.put((settle, done)))

    def _listed(self, tag: str, done: Future[tuple[list[FoundPhoto], bool]]) -> None:
        self.listing.discard(tag)
        photos, ended = done.result()  # or what was raised
        self.buffers[tag].extend(self.assessor.candidate(photo) for photo in photos)
        if ended:
            self.ended.add(tag)

    # --- what is downloaded ----------------------------------------------------------------------

    def _plan(self) -> None:
        """Queue the downloads that the next decisions need."""
        if self.images.outstanding > self.ahead - self.settings.concurrency // 2:
            return
        upcoming = foresee(self.selection, self.buffers, ended=self.ended, decided=self.decided)
        for candidate in upcoming:
            if self.images.outstanding >= self.ahead:
                return
            if candidate.outcome is None:
                self._want(candidate)

    def _want(self, candidate: Candidate) -> None:
        found, size = candidate.found, candidate.size
        assert size is not None  # or it would have been rejected
        if found.id in self.fresh:
            candidate.outcome = self.fresh[found.id]
            self.images.events.put((lambda _: None, None))  # it can be decided: nothing to wait for
            return
        waiting = self.pending.setdefault(found.id, [])
        if candidate in waiting:
            return
        waiting.append(candidate)
        if len(waiting) == 1:
            target = self.folder.root / path_of(found.id)
            edges = (self.settings.min_edge, self.settings.max_edge)
            self.images.offer(Task(found.id, size.url, target, *edges))

    def _downloaded(self, task: Task, outcome: Outcome) -> None:
        passing = int(outcome.passing) + int(outcome.passing and outcome.proven)
        self.journal.add_outcome(task.id, task.url, outcome.to_json(), passing=passing)
        self.fresh[task.id] = outcome
        for candidate in self.pending.pop(task.id):
            candidate.outcome = outcome

    def _wait(self, timeout_s: float | None) -> None:
        """Wait for a result, up to a timeout, and handle all that are available."""
        handle: Callable[[Any], None]
        try:
            handle, result = self.images.events.get(timeout=timeout_s)
            while True:
                handle(result)
                while self.images.finished:
                    self._downloaded(*self.images.finished.popleft())
                handle, result = self.images.events.get_nowait()
        except Empty:
            return

    # --- the end ---------------------------------------------------------------------------------

    def _note(self) -> str:
        found = sum(stream.found for stream in self.streams.values())
        reasons = ", ".join(f"{n} {reason}" for reason, n in self._reasons().items())
        return f"{found} found, {len(self.rejected)} rejected" + (f" ({reasons})" * bool(reasons))

    def _reasons(self) -> dict[str, int]:
        counts = Counter(reason.split(":")[0] for reason in self.rejected.values())
        return dict(sorted(counts.items()))

    def _summary(self) -> FetchSummary:
        streams = self.streams.values()
        return FetchSummary(
            wanted=self.settings.count,
            found=len(self.decided),
            kept=self.selection.total,
            kept_by_tag=dict(self.selection.kept),
            rejected=len(self.rejected),
            rejected_by_reason=self._reasons(),
            downloaded=self.images.downloaded,
            dry_tags=sorted(self.selection.dry),
            unknown_tags=[s.tag for s in streams if s.tag in self.ended and not s.found],
        )


def _in_words(tags: tuple[str, ...]) -> str:
    return ("tag " if len(tags) == 1 else "tags ") + ", ".join(repr(tag) for tag in tags)
