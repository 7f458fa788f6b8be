"""Import of photos from a local folder tree."""

import hashlib
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from colorfiles.errors import out_of_memory_context
from colorfiles.outside.files import read_regular
from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.photos.duplicates import NearDuplicateIndex
from dataprep.photos.folder import MOST_BYTES, PhotoFolder, slug, utc_now
from dataprep.photos.imaging import SUFFIXES, ImageLimits, PhotoFacts, examine
from dataprep.photos.rows import Photo
from dataprep.sources.image_tree import ImageTree, image_tree
from dataprep.sources.metadata_table import MetadataTable
from dataprep.sources.source import ExaminedPhoto, gather

SOURCE = "folder"
_BY_OPTION = ("too small", "too many pixels", "too large", "unreadable")


@dataclass(frozen=True)
class ImportSummary:
    """Counts of an import, in photos."""

    seen: int
    kept: int
    already_there: int
    rejected: int
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    updated: int = 0  # rows of earlier imports that the metadata changed
    metadata_unmatched: list[str] = field(default_factory=list)  # rows that no photo has
    left_out: dict[str, int] = field(default_factory=dict)  # files that weren't read, by kind


@dataclass(frozen=True)
class _Candidate:
    relative: str
    key: str
    sha256: str
    data: bytes
    facts: PhotoFacts | None
    reason: str


def import_folder(
    root: Path | ImageTree,
    out: Path,
    *,
    limits: ImageLimits | None = None,
    metadata: MetadataTable | None = None,
    workers: int = 2,
    report: ProgressCallback = silent,
) -> ImportSummary:
    """Bring every image of a folder into the photo folder ``out``.

    Files are stored as they are. Gray, toned, tiny, broken and (near-)duplicate ones become
    rejected rows. Of duplicates the first by path stays. Photos of an earlier run stay, so that a
    killed run resumes; their metadata are updated.

    Args:
        root: the folder, or its images where ``image_tree`` has found them before.
        out: the photo folder; made where it is missing.
        limits: of pixels and edges; a photo outside them is rejected.
        metadata: licences, owners, titles and classes by path.
        workers: threads that decode.
        report: called once per photo.

    Raises:
        DataprepError: ``root`` isn't a folder, or no image is in it.
    """
    tree = image_tree(root, out) if isinstance(root, Path) else root
    if not tree.paths:
        raise DataprepError(f"{tree.root}: no images in this folder; name one that has some")
    source = FolderSource(
        tree,
        limits=limits or ImageLimits(),
        metadata=metadata or MetadataTable(Path()),
        workers=workers,
        report=report,
    )
    return gather(source, out)


class FolderSource:
    """The images of a folder tree, in order of their paths; see ``PhotoSource``."""

    name = SOURCE
    attribution = None

    def __init__(
        self,
        tree: ImageTree,
        *,
        limits: ImageLimits,
        metadata: MetadataTable,
        workers: int,
        report: ProgressCallback,
    ) -> None:
        self._tree, self._limits = tree, limits
        self._metadata, self._workers, self._report = metadata, workers, report

    def candidates(self, folder: PhotoFolder) -> Generator[ExaminedPhoto, None, ImportSummary]:
        """Yield new photos, and earlier ones whose metadata changed."""
        known = _KnownPhotos(folder)
        already = updated = 0
        now = utc_now()
        window = 4 * self._workers
        root, paths = self._tree.root, self._tree.paths
        root_name = root.resolve().name
        with ThreadPoolExecutor(self._workers) as pool:
            for candidate in _in_order(pool, root, paths, folder, self._limits, window=window):
                before = folder.get(candidate.key)
                is_settled = _is_settled(folder, candidate.key)
                reason = "" if is_settled else candidate.reason or known.twin_of(candidate)
                if before is not None and (is_settled or (reason and before.reason == reason)):
                    already += 1
                    changed = self._metadata.updated(before, candidate.relative, now)
                    if changed != before:
                        updated += 1
                        yield ExaminedPhoto(changed)
                    self._report()
                    continue
                name = PurePosixPath(candidate.relative).parent.name or root_name
                content = {"class_name": _readable(name)}
                content |= self._metadata.of(candidate.relative)
                photo = _photo(candidate, reason, content, now)
                yield ExaminedPhoto(photo, candidate.data if not reason else None)
                if not reason:
                    known.add(photo)
                self._report(note=reason)
        return replace(
            _summary(folder, seen=len(paths), already=already),
            updated=updated,
            metadata_unmatched=self._metadata.unmatched(paths),
            left_out=dict(self._tree.left_out),
        )


class _KnownPhotos:
    """Photos that new ones are compared with."""

    def __init__(self, folder: PhotoFolder) -> None:
        self._near = NearDuplicateIndex()
        self._by_sha: dict[str, str] = {}
        for photo in folder.kept():
            if _is_settled(folder, photo.key):  # its file may have been deleted
                self.add(photo)

    def add(self, photo: Photo) -> None:
        self._near.add(photo.perceptual_hash, photo.key, photo.copy_print)
        self._by_sha[photo.sha256] = photo.key

    def twin_of(self, candidate: _Candidate) -> str:
        """Return a photo's duplicate or near-duplicate as a reason; "" for none."""
        if candidate.sha256 in self._by_sha:
            return f"duplicate: of {self._by_sha[candidate.sha256]}"
        assert candidate.facts is not None  # only an examined photo has no reason yet
        facts = candidate.facts
        twins = self._near.find(facts.perceptual_hash, facts.copy_print)
        return f"near-duplicate: of {twins[0]}" if twins else ""


def _summary(folder: PhotoFolder, *, seen: int, already: int) -> ImportSummary:
    rows = [photo for photo in folder.photos() if photo.source == SOURCE]
    kept = sum(photo.status == "kept" for photo in rows)
    reasons = Counter(photo.reason.split(":")[0] for photo in rows if photo.reason)
    return ImportSummary(
        seen=seen,
        kept=kept,
        already_there=already,
        rejected=len(rows) - kept,
        rejected_by_reason=dict(sorted(reasons.items())),
    )


def _readable(name: str) -> str:
    """Replace what isn't UTF-8 in a file name, as Parquet requires."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _in_order(
    pool: ThreadPoolExecutor,
    root: Path,
    paths: Iterable[str],
    folder: PhotoFolder,
    limits: ImageLimits,
    *,
    window: int,
) -> Iterator[_Candidate]:
    waiting: deque[Future[_Candidate]] = deque()
    for relative in paths:
        waiting.append(pool.submit(_examine_file, root, relative, folder, limits))
        if len(waiting) >= window:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _examine_file(
    root: Path, relative: str, folder: PhotoFolder, limits: ImageLimits
) -> _Candidate:
    stem = slug(Path(relative).stem)
    try:
        size = (root / relative).stat().st_size
        if size > MOST_BYTES:
            raise UnusablePhoto(f"too large: {size} bytes")
        data = read_regular(root / relative, most=MOST_BYTES)
    except (OSError, UnusablePhoto) as error:
        reason = str(error) if isinstance(error, UnusablePhoto) else f"unreadable: {error.strerror}"
        name = hashlib.sha256(relative.encode(errors="surrogateescape")).hexdigest()[:10]
        return _Candidate(relative, _key(stem, name), "", b"", None, reason)
    sha256 = hashlib.sha256(data).hexdigest()
    # Path and content: the same photo keeps its key, two trees with equal names don't clash.
    identity = relative.encode(errors="surrogateescape") + b"\0" + sha256.encode()
    key = _key(stem, hashlib.sha256(identity).hexdigest()[:10])
    if _is_settled(folder, key):
        return _Candidate(relative, key, sha256, b"", None, "")
    try:
        with out_of_memory_context(str(root / relative)):
            facts = examine(data, limits)
    except UnusablePhoto as unusable:
        return _Candidate(relative, key, sha256, data, None, unusable.reason)
    return _Candidate(relative, key, sha256, data, facts, facts.lack_of_color)


def _is_settled(folder: PhotoFolder, key: str) -> bool:
    """Whether a photo needs no new look: it is stored, or rejected whatever the options."""
    photo = folder.get(key)
    if photo is None:
        return False
    if photo.status == "kept":
        return (folder.root / photo.path).is_file()
    return not photo.reason.startswith(_BY_OPTION)


def _key(stem: str, digest: str) -> str:
    return f"{SOURCE}-{stem}-{digest}" if stem else f"{SOURCE}-{digest}"


def _photo(candidate: _Candidate, reason: str, known: Mapping[str, Any], fetched_at: str) -> Photo:
    facts = candidate.facts
    source_id = candidate.key.removeprefix(f"{SOURCE}-")
    license_read_at = fetched_at if "license_name" in known else ""
    suffix = SUFFIXES.get(facts.format, ".img") if facts else ""
    return Photo(
        key=candidate.key,
        source=SOURCE,
        source_id=source_id,
        path="" if reason else f"{SOURCE}/{source_id}{suffix}",
        status="rejected" if reason else "kept",
        reason=reason,
        sha256=candidate.sha256,
        perceptual_hash=facts.perceptual_hash if facts else "",
        copy_print=facts.copy_print if facts else "",
        width=facts.width if facts else 0,
        height=facts.height if facts else 0,
        bytes=len(candidate.data),
        fetched_at=fetched_at,
        source_path=_readable(candidate.relative),
        license_read_at=license_read_at,
        **known,
    )
