"""Sampling of SUN photos by class into a photo folder."""

from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import UnusablePhoto
from dataprep.photos.folder import PhotoFolder, utc_now
from dataprep.photos.imaging import ImageLimits
from dataprep.photos.rows import Photo
from dataprep.sources.source import ExaminedPhoto
from dataprep.sources.sun.archive import ArchiveDamaged, Member, StreamedArchive
from dataprep.sources.sun.classes import ClassChoice
from dataprep.sources.sun.layout import SunFile, sun_file
from dataprep.sources.sun.provisional import Provisional
from dataprep.sources.sun.rows import SUN_LIMITS, examined, read_file, refused, too_large
from dataprep.sources.sun.sample import ClassSample, Sample
from dataprep.sources.sun.spool import Spool

_STAGING = ".sun-stream"


@dataclass(frozen=True)
class SunSettings:
    """Settings of a sample.

    Args:
        per_class: photos of each class.
        seed: what the draw depends on, beside the photos' paths.
        limits: of formats, pixels and edges.
        only: paths (``a/abbey/sun_….jpg``) to draw from, such as a partition's; None for all.
        workers: threads that decode.
    """

    per_class: int = 10
    seed: int = 0
    limits: ImageLimits = SUN_LIMITS
    only: frozenset[str] | None = None
    workers: int = 2


@dataclass(frozen=True)
class SunSummary:
    """Counts of a fetch.

    Args:
        classes: classes drawn from.
        kept: photos drawn, those that were there already too.
        rejected: unusable ones that others took the place of.
        absent: requested classes that the source doesn't have.
        named: whether classes were requested by name, so that none should be absent.
        short: classes with fewer usable photos than requested, and how many.
        refused_members: of an archive: links, devices and names that lead out of it.
        damage: what is wrong with the archive, and how far it was read.
    """

    classes: int
    kept: int
    already_there: int
    rejected: int
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    named: bool = False
    short: dict[str, int] = field(default_factory=dict)
    refused_members: int = 0
    md5: str = ""
    damage: str = ""


@dataclass(frozen=True)
class _Waiting:
    """A file whose row is known or being made, with its bytes where they are needed."""

    file: SunFile
    photo: Photo | Future[Photo]
    data: bytes = b""


class Draw:
    """A sampling of photos into a folder: ``from_tree`` or ``from_archive``."""

    def __init__(self, folder: PhotoFolder, choice: ClassChoice, settings: SunSettings) -> None:
        self._folder = folder
        self._provisional = Provisional(folder.root)
        self._settings = settings
        self._choice = choice
        self._sample = Sample(choice, per_class=settings.per_class, seed=settings.seed)
        self._now = utc_now()
        self._already = 0
        self._refused = 0

    def from_tree(
        self, root: Path, files: Iterable[SunFile], report: ProgressCallback = silent
    ) -> Generator[ExaminedPhoto, None, SunSummary]:
        """Draw from files under ``root``, class by class."""
        of_class: dict[str, list[SunFile]] = {}
        for file in files:
            if self._may_draw(file):
                of_class.setdefault(file.class_name, []).append(file)
                self._sample.enter(file.class_name)
        with ThreadPoolExecutor(self._settings.workers) as pool:
            for name, sample in self._sample.classes.items():
                data = self._fill(pool, root, sample, self._sample.by_rank(of_class[name]))
                yield from self._new(sample, data)
                report(len(sample.photos()), note=name)
        return (yield from self._finish(""))

    def from_archive(
        self, archive: StreamedArchive, *, md5: str = "", report: ProgressCallback = silent
    ) -> Generator[ExaminedPhoto, None, SunSummary]:
        """Draw from a stream in one pass.

        No photo is yielded before its end. Where the stream breaks off, the photos drawn until
        then are; the next complete pass replaces them.

        Args:
            archive: the stream.
            md5: what the archive's md5 should be; "" for whatever it is.
            report: called once per MB.
        """
        damage = ""
        with (
            Spool(self._folder.root / _STAGING) as spool,
            ThreadPoolExecutor(self._settings.workers) as pool,
        ):
            try:
                self._draw(archive, spool, pool, report)
            except ArchiveDamaged as error:
                damage = str(error)
            if not damage and md5 and archive.md5() != md5.lower():
                damage = f"its md5 is {archive.md5()}, expected {md5.lower()}"
            self._refused = archive.refused
            samples = self._sample.classes.values()
            if damage:
                drawn = (photo.key for sample in samples for photo in sample.photos())
                self._provisional.note(key for key in drawn if not self._is_kept(key))
            for sample in samples:
                held = {photo.key: spool.take(photo) for photo in sample.photos()}
                data = {key: data for key, data in held.items() if data is not None}
                yield from self._new(sample, data)
        return (yield from self._finish(damage, archive.md5()))

    def _may_draw(self, file: SunFile) -> bool:
        only = self._settings.only
        return self._choice.allows(file.class_name) and (only is None or file.path in only)

    def _fill(
        self, pool: ThreadPoolExecutor, root: Path, sample: ClassSample, ranked: list[SunFile]
    ) -> dict[str, bytes]:
        """Examine files by rank until the class is full; return the bytes of those drawn."""
        data: dict[str, bytes] = {}
        rest = iter(ranked)
        while not sample.full:
            missing = self._settings.per_class - len(sample.photos())
            batch = list(islice(rest, missing))
            if not batch:
                break
            for file, (photo, content) in zip(
                batch, pool.map(lambda f: self._look(root, f), batch), strict=True
            ):
                data[photo.key] = content
                for out in self._sample.offer(file, photo):
                    data.pop(out.key, None)
        return {key: content for key, content in data.items() if content}

    def _draw(
        self,
        archive: StreamedArchive,
        spool: Spool,
        pool: ThreadPoolExecutor,
        report: ProgressCallback,
    ) -> None:
        waiting: deque[_Waiting] = deque()
        try:
            for file, member in self._candidates(archive, spool, report):
                waiting.append(self._submit(pool, file, member))
                if len(waiting) >= 4 * self._settings.workers:
                    self._settle(waiting.popleft(), spool)
        finally:
            while waiting:  # what was whole before the stream broke
                self._settle(waiting.popleft(), spool)

    def _candidates(
        self, archive: StreamedArchive, spool: Spool, report: ProgressCallback
    ) -> Iterator[tuple[SunFile, Member]]:
        reported = 0
        for member in archive.members():
            megabytes = archive.bytes_read >> 20
            report(megabytes - reported)
            reported = megabytes
            file = sun_file(member.name)
            if file is None or not self._may_draw(file):
                continue
            for photo in self._sample.enter(file.class_name):
                spool.drop(photo)
            if self._sample.wants(file):
                yield file, member

    def _submit(self, pool: ThreadPoolExecutor, file: SunFile, member: Member) -> _Waiting:
        known = self._known(file)
        if known is not None:
            return _Waiting(file, known)
        if too_large(member.size):
            return _Waiting(file, refused(file, too_large(member.size), now=self._now))
        data = member.read()
        verdict = pool.submit(examined, file, data, limits=self._settings.limits, now=self._now)
        return _Waiting(file, verdict, data)

    def _settle(self, waiting: _Waiting, spool: Spool) -> None:
        photo = waiting.photo if isinstance(waiting.photo, Photo) else waiting.photo.result()
        driven_out = self._sample.offer(waiting.file, photo)
        if waiting.data and not any(other is photo for other in driven_out):
            spool.put(photo, waiting.data)
        for other in driven_out:
            if other is not photo:
                spool.drop(other)

    def _known(self, file: SunFile) -> Photo | None:
        """Return the final row of a photo from an earlier run."""
        photo = self._folder.get(file.key)
        if photo is None or photo.status != "kept" or photo.key in self._provisional:
            return None
        return photo if (self._folder.root / photo.path).is_file() else None

    def _is_kept(self, key: str) -> bool:
        photo = self._folder.get(key)
        return photo is not None and photo.status == "kept"

    def _look(self, root: Path, file: SunFile) -> tuple[Photo, bytes]:
        known = self._known(file)
        if known is not None:
            return known, b""
        try:
            data = read_file(root / file.path)
        except UnusablePhoto as unusable:
            return refused(file, unusable.reason, now=self._now), b""
        return examined(file, data, limits=self._settings.limits, now=self._now), data

    def _new(self, sample: ClassSample, data: dict[str, bytes]) -> Iterator[ExaminedPhoto]:
        """Yield the photos of a class that the folder doesn't have as they are."""
        for photo in sample.rejects():
            there = self._folder.get(photo.key)
            if there is None or (there.status, there.reason) != (photo.status, photo.reason):
                yield ExaminedPhoto(photo)
        for photo in sample.photos():
            if photo.key in data:
                yield ExaminedPhoto(photo, data[photo.key])
            else:
                self._already += 1

    def _finish(self, damage: str, md5: str = "") -> Generator[ExaminedPhoto, None, SunSummary]:
        samples = self._sample.classes
        drawn = {photo.key for sample in samples.values() for photo in sample.photos()}
        if not damage:
            replaced = self._provisional.settle(self._folder, drawn, classes=set(samples))
            yield from map(ExaminedPhoto, replaced)
        rejects = [photo for sample in samples.values() for photo in sample.rejects()]
        reasons = Counter(photo.reason.split(":")[0] for photo in rejects)
        counts = {name: len(sample.photos()) for name, sample in samples.items()}
        return SunSummary(
            classes=len(samples),
            kept=len(drawn),
            already_there=self._already,
            rejected=len(rejects),
            rejected_by_reason=dict(sorted(reasons.items())),
            absent=self._choice.absent(self._sample.present),
            named=not self._choice.default,
            short={name: n for name, n in counts.items() if n < self._settings.per_class},
            refused_members=self._refused,
            md5=md5,
            damage=damage,
        )
