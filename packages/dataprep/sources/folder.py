"""Photos from a folder tree of one's own."""

import csv
import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from dataprep.duplicates import NearDuplicateIndex
from dataprep.errors import DataprepError, UnusablePhoto
from dataprep.files import sweep
from dataprep.imaging import SUFFIXES, ImageLimits, PhotoFacts, examine
from dataprep.photos import Photo, PhotoFolder, column_of, slug, utc_now
from dataprep.progress import Report, silent

SOURCE = "folder"
_MAX_BYTES = 500_000_000
_IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic")
)
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_METADATA_COLUMNS = frozenset(
    column_of(f.name)
    for f in fields(Photo)
    if f.name.startswith(("license_", "owner_", "title", "page_url", "image_url", "class_name"))
)


@dataclass(frozen=True)
class ImportSummary:
    """What an import found, in photos."""

    seen: int
    kept: int
    already_there: int
    rejected: int
    rejected_by_reason: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Candidate:
    relative: str
    key: str
    sha256: str
    data: bytes
    facts: PhotoFacts | None
    reason: str


def import_folder(
    root: Path,
    out: Path,
    *,
    limits: ImageLimits | None = None,
    metadata: Mapping[str, Mapping[str, str]] | None = None,
    workers: int = 2,
    report: Report = silent,
) -> ImportSummary:
    """Bring every image under ``root`` into the photo folder ``out``.

    Files are stored as they are. Gray, tiny, broken and (near-)duplicate ones become rejected rows.
    Of twins the first by path stays. A photo that an earlier run brought is left alone, so
    a killed run continues.

    Args:
        root: the tree; symbolic links that leave it aren't followed.
        out: the photo folder; made where it is missing.
        limits: what is opened at all.
        metadata: by relative path, columns of the manifest such as ``license_name``.
        workers: threads that decode.
        report: told of every photo.

    Raises:
        DataprepError: ``root`` isn't a folder, or no image is in it.
    """
    paths = image_paths(root, out)
    if not paths:
        raise DataprepError(f"{root}: no images in this folder; name one that has some")
    folder = PhotoFolder(out, create=True)
    (out / SOURCE).mkdir(exist_ok=True)
    sweep(out / SOURCE)
    limits = limits or ImageLimits()
    near, by_sha = NearDuplicateIndex(), {}
    for photo in folder.kept():
        near.add(photo.perceptual_hash, photo.key)
        by_sha[photo.sha256] = photo.key

    already = 0
    now = utc_now()
    with ThreadPoolExecutor(workers) as pool:
        for candidate in _in_order(pool, root, paths, folder, limits, window=4 * workers):
            if candidate.key in folder:
                already += 1
                report()
                continue
            reason = candidate.reason or _twin(candidate, near, by_sha)
            photo = _photo(candidate, reason, (metadata or {}).get(candidate.relative, {}), now)
            folder.add(photo, candidate.data if not reason else None)
            if not reason:
                near.add(photo.perceptual_hash, photo.key)
                by_sha[photo.sha256] = photo.key
            report(note=reason)
    folder.commit()
    rows = [photo for photo in folder.photos() if photo.source == SOURCE]
    kept = sum(photo.status == "kept" for photo in rows)
    return ImportSummary(
        seen=len(paths),
        kept=kept,
        already_there=already,
        rejected=len(rows) - kept,
        rejected_by_reason=folder.rejected_by_reason(),
    )


def image_paths(root: Path, out: Path | None = None) -> list[str]:
    """Return the relative paths (with ``/``) of what looks like an image by suffix or first bytes.

    Raises:
        DataprepError: ``root`` isn't a folder.
    """
    if not root.is_dir():
        raise DataprepError(f"{root}: not a folder; give the folder that holds the images")
    top, skipped = root.resolve(), out.resolve() if out else None
    found = []
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = [n for n in names if (Path(folder) / n).resolve() != skipped]
        for name in files:
            path = Path(folder) / name
            inside = path.resolve().is_relative_to(top)
            if inside and not name.startswith(".") and path.is_file() and _looks_like_image(path):
                found.append(path.relative_to(root).as_posix())
    return sorted(found)


def read_metadata(path: Path) -> dict[str, dict[str, str]]:
    """Read a CSV with a column ``path`` and any of the manifest's licence, owner or title columns.

    Raises:
        DataprepError: the file can't be read, or has no column ``path``.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataprepError(f"{path}: not a CSV that can be read ({error})") from None
    if rows and "path" not in rows[0]:
        raise DataprepError(f"{path}: no column 'path'; it names each photo relative to the folder")
    return {
        PurePosixPath(row["path"]).as_posix(): {
            column: value for column, value in row.items() if column in _METADATA_COLUMNS and value
        }
        for row in rows
    }


def _looks_like_image(path: Path) -> bool:
    if path.suffix.lower() in _IMAGE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(_MAGIC)
    except OSError:
        return False


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
        if size > _MAX_BYTES:
            raise UnusablePhoto(f"too large: {size} bytes")
        data = (root / relative).read_bytes()
    except (OSError, UnusablePhoto) as error:
        reason = str(error) if isinstance(error, UnusablePhoto) else f"unreadable: {error.strerror}"
        name = hashlib.sha256(relative.encode(errors="surrogateescape")).hexdigest()[:10]
        return _Candidate(relative, _key(stem, name), "", b"", None, reason)
    sha256 = hashlib.sha256(data).hexdigest()
    # Path and content: the same photo keeps its key, two trees with equal names don't clash.
    identity = relative.encode(errors="surrogateescape") + b"\0" + sha256.encode()
    key = _key(stem, hashlib.sha256(identity).hexdigest()[:10])
    if key in folder:
        return _Candidate(relative, key, sha256, b"", None, "")
    try:
        facts = examine(data, limits)
    except UnusablePhoto as unusable:
        return _Candidate(relative, key, sha256, data, None, unusable.reason)
    return _Candidate(relative, key, sha256, data, facts, "gray" if facts.gray else "")


def _key(stem: str, digest: str) -> str:
    return f"{SOURCE}-{stem}-{digest}" if stem else f"{SOURCE}-{digest}"


def _twin(candidate: _Candidate, near: NearDuplicateIndex, by_sha: Mapping[str, str]) -> str:
    if candidate.sha256 in by_sha:
        return f"duplicate: of {by_sha[candidate.sha256]}"
    assert candidate.facts is not None  # only an examined photo has no reason yet
    twins = near.find(candidate.facts.perceptual_hash)
    return f"near-duplicate: of {twins[0]}" if twins else ""


def _photo(
    candidate: _Candidate, reason: str, metadata: Mapping[str, str], fetched_at: str
) -> Photo:
    facts = candidate.facts
    source_id = candidate.key.removeprefix(f"{SOURCE}-")
    fields_of_column = {column_of(f.name): f.name for f in fields(Photo)}
    content: dict[str, Any] = {
        "class_name": PurePosixPath(candidate.relative).parent.name,
        "license_read_at": fetched_at if "license_name" in metadata else "",
    } | {fields_of_column[column]: value for column, value in metadata.items()}
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
        width=facts.width if facts else 0,
        height=facts.height if facts else 0,
        bytes=len(candidate.data),
        fetched_at=fetched_at,
        source_path=candidate.relative.encode(errors="surrogateescape").decode(errors="replace"),
        **content,
    )
