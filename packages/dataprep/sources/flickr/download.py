"""One download attempt of a photo and its outcome."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from colorfiles.errors import out_of_memory_context
from colorfiles.files import write_atomically
from colorfiles.outside.documents import parse_json_object
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos.folder import refuse_other_photo
from dataprep.photos.imaging import WEB_FORMATS, ImageLimits, examine
from dataprep.photos.reservations import OPTED_OUT
from dataprep.sources.connections import RefusedAddress
from dataprep.sources.flickr.limits import retry_after_s
from dataprep.sources.flickr.transport import NetworkFailure, Reply, TooLarge, Transport

MAX_BYTES = 50_000_000
LIMITS = ImageLimits(formats=WEB_FORMATS, max_bytes=160_000_000)
_GONE = (404, 410)
_PASSING = (408, 425, 429)
_OPT_OUT = ("noai", "noimageai")
_LEAST_BYTES_PER_PIXEL = 0.02  # a plain area with a line of text; photographs have 0.05 and more
_UNAVAILABLE = "photo_unavailable"  # where Flickr redirects to for some photos that are gone


@dataclass(frozen=True)
class Task:
    """A download: address, target, and range of the longest edge."""

    id: str
    url: str
    target: Path
    min_edge: int
    max_edge: int


@dataclass(frozen=True)
class Outcome:
    """Result of a download: facts of the photo, or the reason of its rejection.

    Args:
        reason: empty where the image lies at its place.
        passing: the network's fault; another try may succeed.
        proven: its host worked for other photos meanwhile.
    """

    reason: str = ""
    passing: bool = False
    proven: bool = False
    sha256: str = ""
    perceptual_hash: str = ""
    copy_print: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    fetched_at: str = ""

    def to_json(self) -> str:
        """Return the outcome as text for the journal."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """Read what ``to_json`` wrote.

        Raises:
            DataprepError: it is something else.
        """
        try:
            outcome = cls(**parse_json_object(text.encode()))
        except (ValueError, TypeError) as error:
            raise DataprepError(f"the journal's outcome of a photo isn't one ({error})") from None
        hashes = (outcome.sha256, outcome.perceptual_hash, outcome.copy_print)
        texts = (outcome.reason, *hashes, outcome.fetched_at)
        numbers = (outcome.width, outcome.height, outcome.bytes)
        if {type(t) for t in texts} != {str} or {type(n) for n in numbers} != {int}:
            raise DataprepError("the journal's outcome of a photo has odd values")
        return outcome


class TryAgain(Exception):
    """A failed try that is worth repeating."""

    def __init__(self, reason: str, *, wait_s: float | None = None, host_failed: bool) -> None:
        super().__init__(reason)
        self.reason, self.wait_s, self.host_failed = reason, wait_s, host_failed


def try_download(task: Task, transport: Transport, *, now: str) -> Outcome:
    """Download and examine a photo, and store it if it is usable.

    Raises:
        TryAgain: the failure may pass.
        OSError: the file can't be written.
    """
    try:
        reply = transport.get(task.url)
        reason = _refusal(reply)
    except RefusedAddress as refused:
        reason = f"refused address: {refused}"
    except TooLarge as large:
        reason = f"too large: {large}"
    except NetworkFailure as failure:
        raise TryAgain(str(failure), host_failed=True) from None
    if reason:
        return Outcome(reason=reason, fetched_at=now)
    outcome = _look_at(reply.body, task, now)
    if not outcome.reason:
        refuse_other_photo(task.target, reply.body)
        with write_atomically(task.target) as temporary:
            temporary.write_bytes(reply.body)
    return outcome


def try_probe(url: str, transport: Transport) -> None:
    """Request an image that was available before, to test its host.

    Raises:
        TryAgain: it can't be downloaded now.
    """
    try:
        _refusal(transport.get(url))
    except (RefusedAddress, TooLarge):
        pass  # any answer shows that the host works
    except NetworkFailure as failure:
        raise TryAgain(str(failure), host_failed=True) from None


def _refusal(reply: Reply) -> str:
    if reply.status in _PASSING or reply.status >= 500:
        wait_s = retry_after_s(reply.headers.get("retry-after"))
        raise TryAgain(f"HTTP {reply.status}", wait_s=wait_s, host_failed=True)
    if reply.status != 200:
        return f"{'gone' if reply.status in _GONE else 'not given'}: HTTP {reply.status}"
    if any(word in _OPT_OUT for word in _words(reply.headers.get("x-robots-tag", ""))):
        return f"{OPTED_OUT}: X-Robots-Tag"
    return "placeholder: of a photo that is gone" if _UNAVAILABLE in reply.url else ""


def _look_at(data: bytes, task: Task, now: str) -> Outcome:
    reason = ""
    try:
        with out_of_memory_context(task.url):
            facts = examine(data, LIMITS)
    except UnusablePhoto as unusable:
        if unusable.reason.startswith("undecodable"):  # truncated, or a page of HTML
            raise TryAgain(unusable.reason, host_failed=False) from None
        return Outcome(reason=unusable.reason, bytes=len(data), fetched_at=now)
    if facts.lack_of_color:
        reason = facts.lack_of_color
    elif not task.min_edge <= max(facts.width, facts.height) <= task.max_edge:
        reason = (
            f"wrong size: {facts.width} x {facts.height}, "
            f"the longest edge should be {task.min_edge} to {task.max_edge}"
        )
    elif len(data) < _LEAST_BYTES_PER_PIXEL * facts.width * facts.height:
        reason = f"empty: {len(data)} bytes for {facts.width} x {facts.height}"
    return Outcome(
        reason=reason,
        sha256=hashlib.sha256(data).hexdigest(),
        perceptual_hash=facts.perceptual_hash,
        copy_print=facts.copy_print,
        width=facts.width,
        height=facts.height,
        bytes=len(data),
        fetched_at=now,
    )


def _words(header: str) -> list[str]:
    """Return the directives of a header such as ``googlebot: noai, noindex``."""
    return header.lower().replace(",", " ").replace(":", " ").split()
