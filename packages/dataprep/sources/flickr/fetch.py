"""The fetch: what is listed, downloaded, decided and stored, in which order."""

import errno
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from dataprep.errors import DataprepError
from dataprep.files import discard, sweep
from dataprep.photos import PhotoFolder, utc_now
from dataprep.progress import Report, silent
from dataprep.sources.flickr.api import FlickrClient
from dataprep.sources.flickr.attribution import write_attribution
from dataprep.sources.flickr.credentials import Credentials
from dataprep.sources.flickr.download import MAX_BYTES, Outcome, Task
from dataprep.sources.flickr.hosts import HostRules
from dataprep.sources.flickr.images import Event, Images
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.licenses import LICENSES
from dataprep.sources.flickr.listing import FoundPhoto, Size
from dataprep.sources.flickr.rows import REMOVED, SOURCE, outcome_of, path_of, to_row
from dataprep.sources.flickr.selection import Looks, Selection, next_tag
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.stream import TagStream
from dataprep.sources.flickr.transport import Timeouts, Transport

_OWN_FILE = re.compile(r"[0-9]{1,24}\.jpg")


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch brought, in photos.

    Args:
        wanted: the count asked for.
        found: rows that were looked at, over all tags.
        kept: photos of this fetch in the folder.
        downloaded: images that this run brought.
        dry_tags: tags that have no more photos.
        unknown_tags: tags that have none at all.
    """

    wanted: int
    found: int
    kept: int
    kept_by_tag: dict[str, int]
    rejected: int
    rejected_by_reason: dict[str, int]
    downloaded: int
    api_calls: int
    dry_tags: list[str] = field(default_factory=list)
    unknown_tags: list[str] = field(default_factory=list)


def fetch(
    settings: FetchSettings,
    credentials: Credentials,
    out: Path,
    *,
    report: Report = silent,
    client: FlickrClient | None = None,
    timeouts: Timeouts | None = None,
) -> FetchSummary:
    """Bring photos from Flickr into the photo folder ``out``.

    Which photos are kept depends only on what Flickr has and on ``settings.identity``: not on the
    order of its pages, on failures, kills or concurrency. A rerun goes on where the last run
    stopped and asks for nothing again that was answered.

    Raises:
        DataprepError: a bad key, no photos at all, a host that fails and fails, a full disk. What
            was fetched stays, and a rerun goes on.
    """
    client = client or FlickrClient(credentials, api_url=settings.api_url)
    try:
        folder = PhotoFolder(out, create=True)
        (out / SOURCE).mkdir(exist_ok=True)
        sweep(out / SOURCE)
        sweep(out)
        journal = Journal(out)
        transport = Transport(
            HostRules.for_api(settings.api_url),
            connections=settings.concurrency,
            max_bytes=MAX_BYTES,
            timeouts=timeouts,
        )
        work = _Fetch(settings, folder, journal, client=client, transport=transport, report=report)
        try:
            return work.run()
        finally:
            work.close()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DataprepError(
                f"{out}: {error.strerror}; make room and run the same command again, it goes on"
            ) from None
        raise
    finally:
        client.close()


@dataclass
class _Candidate:
    """A photo that waits for its decision."""

    found: FoundPhoto
    size: Size | None
    reason: str
    outcome: Outcome | None
    asked: bool = False

    @property
    def hopeful(self) -> bool:
        """Whether it is, or may turn out, fit to be kept."""
        return not self.reason and (self.outcome is None or not self.outcome.reason)


class _Fetch:
    """The state of one run. Its thread alone decides and writes rows; others list and download."""

    def __init__(
        self,
        settings: FetchSettings,
        folder: PhotoFolder,
        journal: Journal,
        *,
        client: FlickrClient,
        transport: Transport,
        report: Report,
    ) -> None:
        self.settings, self.folder, self.journal = settings, folder, journal
        self.client, self.transport, self.report = client, transport, report
        self.events: SimpleQueue[Event] = SimpleQueue()
        tags = settings.tags
        self.selection = Selection(tags, settings.count, self._revoke)
        self.images = Images(
            transport,
            self.events,
            self._downloaded,
            rate=settings.image_rate,
            concurrency=settings.concurrency,
        )
        self.ahead = 4 * settings.concurrency + 8
        self.listers = ThreadPoolExecutor(len(tags), thread_name_prefix="list")
        self.streams = {tag: TagStream(tag, settings.licenses, journal, client) for tag in tags}
        self.buffers: dict[str, deque[_Candidate]] = {tag: deque() for tag in tags}
        self.listing: set[str] = set()
        self.ended: set[str] = set()
        self.decided: set[str] = set()
        self.pending: dict[str, list[_Candidate]] = {}
        self.rejected: dict[str, str] = {}
        self.read_at = utc_now()

    def run(self) -> FetchSummary:
        """Fetch until there are enough, or no more."""
        self.journal.begin(self.settings.identity, self.settings.licenses)
        self._know_what_is_there()
        try:
            while not self._decide():
                self._list_ahead()
                self._plan()
                self._wait(self.images.start())
        except (DataprepError, KeyboardInterrupt):
            self._store_manifest()
            raise
        summary = self._summary()
        if not summary.found:
            raise DataprepError(
                f"no photos for {_in_words(self.settings.tags)} under the licences asked for; "
                "try other tags or more licences (--license)"
            )
        self.images.close()
        self._remove_leftovers()
        self._store_manifest()
        self.journal.finish(self.settings.identity)
        return summary

    def close(self) -> None:
        """Let go of threads, connections and files."""
        self.client.close()
        self.images.close()
        self.listers.shutdown(wait=True, cancel_futures=True)
        self.transport.close()
        self.folder.close()
        self.journal.close()

    # --- decisions -------------------------------------------------------------------------------

    def _decide(self) -> bool:
        """Take every decision that can be taken now; return whether it was the last."""
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
                self._decide_one(candidate, tag)
            buffer.popleft()
        return True

    def _decide_one(self, candidate: _Candidate, tag: str) -> None:
        found = candidate.found
        self.decided.add(found.id)
        outcome = candidate.outcome or Outcome()
        reason = candidate.reason or outcome.reason
        if not reason:
            told = (candidate.size.width, candidate.size.height) if candidate.size else (0, 0)
            looks = Looks(
                outcome.sha256, outcome.perceptual_hash, (outcome.width, outcome.height), told
            )
            reason = self.selection.decide(found.key, tag, looks)
        if reason:
            self.rejected[found.key] = reason
        self._store(candidate, outcome, tag, reason)
        self.report(0 if reason else 1, note=self._note())

    def _store(self, candidate: _Candidate, outcome: Outcome, tag: str, reason: str) -> None:
        row = self.folder.get(candidate.found.key)
        if row is not None and row.reason == reason:
            return
        was_kept = row is not None and row.status == "kept"
        if reason.startswith(REMOVED) or (was_kept and candidate.reason):
            return  # taken away by a refresh, or kept by a fetch that allowed more
        if reason and row is not None and row.status == "kept":
            self.folder.remove(row, reason)
            return
        self.folder.add(
            to_row(
                candidate.found,
                outcome,
                tag=tag,
                tags=self.settings.tags,
                reason=reason,
                size=candidate.size,
                read_at=self.read_at,
            )
        )
        if reason and candidate.found.safe_id:
            discard(self.folder.root / path_of(candidate.found.id))

    def _revoke(self, key: str, reason: str) -> None:
        row = self.folder.get(key)
        self.rejected[key] = reason
        if row is not None and row.status == "kept":
            self.folder.remove(row, reason)

    def _know_what_is_there(self) -> None:
        """Photos of other sources and other fetches: no twin of them is fetched."""
        queries = [stream.query for stream in self.streams.values()]
        for row in self.folder.kept():
            if row.source != SOURCE or not self.journal.is_found(queries, row.source_id):
                self.selection.know(row.key, row.sha256, row.perceptual_hash)

    # --- what is listed --------------------------------------------------------------------------

    def _list_ahead(self) -> None:
        """Ask for more photos of the tags that run low."""
        for tag in self.settings.tags:
            if tag not in self.ended | self.listing and len(self.buffers[tag]) < self.ahead:
                self.listing.add(tag)
                self.listers.submit(self._list, tag)

    def _list(self, tag: str) -> None:
        result: Any
        try:
            result = self.streams[tag].more(self.ahead)
        except Exception as error:
            result = error
        self.events.put((lambda got: self._listed(tag, got), result))

    def _listed(self, tag: str, result: Any) -> None:
        self.listing.discard(tag)
        if isinstance(result, Exception):
            raise result
        photos, ended = result
        self.buffers[tag].extend(self._candidate(found) for found in photos)
        if ended:
            self.ended.add(tag)

    def _candidate(self, found: FoundPhoto) -> _Candidate:
        """Reject what needs no download, and recall what was downloaded before."""
        settings = self.settings
        size = found.best_size(settings.min_edge, settings.max_edge)
        row = self.folder.get(found.key)
        reason, outcome = "", None
        if row is not None and row.reason.startswith(REMOVED):
            reason = row.reason
        elif not found.safe_id:
            reason = "hostile id: not a number"
        elif not found.public:
            reason = "private"
        elif found.license_id not in settings.licenses:
            known = LICENSES.get(found.license_id)
            reason = f"licence: {known.name if known else 'unknown'}"
        elif size is None:
            reason = f"no fitting size: of {settings.min_edge} to {settings.max_edge} px"
        elif row is not None and row.status == "kept" and self._has_file(found):
            outcome = outcome_of(row)
        elif (known_before := self.journal.outcome(found.id, size.url)) is not None:
            outcome = Outcome.from_json(known_before)
            kept_row = row is None or row.status == "kept"
            if not outcome.reason and kept_row and not self._has_file(found):
                outcome = None  # somebody deleted the file
        return _Candidate(found, size, reason, outcome)

    def _has_file(self, found: FoundPhoto) -> bool:
        return (self.folder.root / path_of(found.id)).is_file()

    # --- what is downloaded ----------------------------------------------------------------------

    def _plan(self) -> None:
        """Queue the photos that will be decided next if all turn out well, no more than that."""
        if self.images.outstanding > self.ahead - self.settings.concurrency // 2:
            return
        counts, planned = dict(self.selection.kept), self.selection.total
        share = -(-self.settings.count // len(self.settings.tags))
        places, without, short = dict.fromkeys(counts, 0), set(self.selection.dry), False
        while planned < self.settings.count and self.images.outstanding < self.ahead:
            tag = next_tag(self.settings.tags, counts, without)
            if tag is None:
                break
            buffer, place = self.buffers[tag], places[tag]
            # While a tag's photos aren't known yet, the others fetch no more than their share.
            if place >= len(buffer) or (short and counts[tag] >= share):
                without.add(tag)
                short = short or tag not in self.ended
                continue
            candidate = buffer[place]
            places[tag] += 1
            if candidate.hopeful and candidate.found.id not in self.decided:
                counts[tag] += 1
                planned += 1
                self._want(candidate)

    def _want(self, candidate: _Candidate) -> None:
        if candidate.outcome is not None or candidate.asked or candidate.size is None:
            return
        candidate.asked = True
        found = candidate.found
        waiting = self.pending.setdefault(found.id, [])
        waiting.append(candidate)
        if len(waiting) == 1:
            target = self.folder.root / path_of(found.id)
            edges = (self.settings.min_edge, self.settings.max_edge)
            self.images.offer(Task(found.id, candidate.size.url, target, *edges))

    def _downloaded(self, task: Task, outcome: Outcome) -> None:
        self.journal.add_outcome(task.id, task.url, outcome.to_json(), passing=outcome.passing)
        for candidate in self.pending.pop(task.id):
            candidate.outcome = outcome

    def _wait(self, timeout_s: float | None) -> None:
        """Wait for a result, at most so long, and take in all that are there."""
        handle: Callable[[Any], None]
        try:
            handle, result = self.events.get(timeout=timeout_s)
            handle(result)
            while True:
                handle, result = self.events.get_nowait()
                handle(result)
        except Empty:
            return

    # --- the end ---------------------------------------------------------------------------------

    def _store_manifest(self) -> None:
        self.folder.commit()
        kept = [row for row in self.folder.kept() if row.source == SOURCE]
        write_attribution(self.folder.root, kept)

    def _remove_leftovers(self) -> None:
        """Delete images that were downloaded ahead and not chosen."""
        kept = {Path(row.path).name for row in self.folder.kept() if row.source == SOURCE}
        for path in (self.folder.root / SOURCE).iterdir():
            if _OWN_FILE.fullmatch(path.name) and path.name not in kept:
                discard(path)

    def _note(self) -> str:
        found = sum(stream.found for stream in self.streams.values())
        reasons = ", ".join(f"{n} {reason}" for reason, n in self._reasons().items())
        return f"{found} found, {len(self.rejected)} rejected" + (f" ({reasons})" * bool(reasons))

    def _reasons(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for reason in self.rejected.values():
            phrase = reason.split(":")[0]
            counts[phrase] = counts.get(phrase, 0) + 1
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
            api_calls=self.client.calls,
            dry_tags=sorted(self.selection.dry),
            unknown_tags=[s.tag for s in streams if s.tag in self.ended and not s.found],
        )


def _in_words(tags: tuple[str, ...]) -> str:
    return ("tag " if len(tags) == 1 else "tags ") + ", ".join(repr(tag) for tag in tags)
