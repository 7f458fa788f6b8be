"""Runs a plan's jobs: photos are read ahead, coloured, and written behind."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from colorfiles.errors import ForeignFile
from colorfiles.photos import ImageHeader
from colorfiles.progress import ProgressCallback, silent
from colorunet.batch.evidence import WrittenPhoto, write_evidence
from colorunet.batch.images import (
    GrayImage,
    header_of,
    is_lossless_webp,
    is_whole,
    read_gray,
    read_gray_pages,
    with_match,
)
from colorunet.batch.outputs import Job
from colorunet.batch.ownership import require_own_outputs
from colorunet.batch.painting import Painter
from colorunet.batch.pipeline import Claim, Stages, pipelined
from colorunet.batch.settings import ColorizeSettings
from colorunet.batch.writing.comparison import write_comparison
from colorunet.batch.writing.formats import why_other
from colorunet.batch.writing.photo import (
    UnwritableImage,
    WritingSettings,
    write_photo,
)
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import ColoredImage
from colorunet.coloring.steering.album import AlbumMatch
from colorunet.errors import UnusableImage
from colorunet.evidence.badge import with_badge
from colorunet.video.clip_formats import CLIP
from colorunet.video.clips import ClipColorizer, is_whole_output, quiet

_ANIMATION_BYTES = 1 << 30  # of frames, which writers of animations keep
_MOST_THREADS = 8  # a writing one does 40 photos of a megapixel a second
_COPIES = 2  # of a decoded photo that stand in memory while it is decoded or encoded


@dataclass(frozen=True)
class Done:
    """Outcome of a photo, or of a clip, whose frames count as pages.

    Args:
        size: width and height, upright.
        pages: coloured.
        seconds: from reading to writing; other jobs run at the same time.
        kept: the output existed and is complete.
        notes: assumptions and losses.
        likelihood: of this version, or 0.
        lost: missing or damaged frames of a clip.
        flicker: of a clip's colours; see ``video.flicker``.
    """

    size: tuple[int, int] = (0, 0)
    pages: int = 0
    seconds: float = 0.0
    kept: bool = False
    notes: tuple[str, ...] = ()
    likelihood: float = 0.0
    lost: int = 0
    flicker: float | None = None


@dataclass(frozen=True)
class _Read:
    header: ImageHeader | None  # None for a clip, which is read frame by frame
    started: float
    image: GrayImage | None = None  # None for several pages, which are read one by one


_Worked = tuple[_Read, ColoredImage, float] | Done
_SINGLE = "hints and versions are for single images"
_EXPECTED = (UnusableImage, UnwritableImage, ForeignFile, OSError, MemoryError)


def run_jobs(
    colorizer: Colorizer,
    jobs: list[Job],
    settings: ColorizeSettings,
    *,
    report: ProgressCallback = silent,
    say: Callable[[str], None] = quiet,
) -> Iterator[tuple[Job, Done | Exception]]:
    """Yield each job with its outcome, in order.

    An error is one photo's: it couldn't be read or written, or no memory was left for it.

    Args:
        colorizer: what gives the colours.
        jobs: photos and clips.
        settings: how they are read, coloured and written.
        report: receives a step for each frame of a clip.
        say: receives messages on clips before their first frame is coloured.
    """
    clips = ClipColorizer(
        colorizer,
        settings.color_options.toning,
        settings.color_options.timed,
        mark=settings.evidence.mark,
        record=settings.evidence.record,
        report=report,
        say=say,
    )
    worker = _Worker(colorizer, settings, clips)
    stages = Stages(worker.read, worker.work, worker.write, _EXPECTED)
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    yield from pipelined(jobs, stages, threads=threads, ahead=2 * threads + 4)


def reason_of(error: Exception) -> str:
    """Return an error's message without the path."""
    if isinstance(error, OSError):
        return f"can't be written: {error.strerror or error}"
    if isinstance(error, UnusableImage | UnwritableImage | ForeignFile):
        return str(error)
    return "no memory left for it"


class _Worker:
    def __init__(
        self, colorizer: Colorizer, settings: ColorizeSettings, clips: ClipColorizer
    ) -> None:
        self._clips = clips
        self._colorizer = colorizer
        self._painter = Painter(colorizer, settings.color_options)
        self._settings = settings
        self._reading = settings.reading

    def read(self, job: Job, claim: Claim) -> _Read | None:
        """Decode a photo; None if its outputs exist and are complete."""
        if job.source.problem:
            raise UnusableImage(job.source.problem)
        is_kept = job.is_there and not self._settings.overwrite and self._are_whole(job)
        # Without marks, the outputs of a killed call can't be recognized as ours, so they are kept.
        if not is_kept or self._settings.evidence.mark is not None:
            require_own_outputs(job)
        if is_kept:
            return None
        started = time.perf_counter()
        if job.source.format == CLIP:
            return _Read(None, started)
        path = job.source.path
        header = header_of(path, self._reading)
        claim(_COPIES * header.decoded_bytes)
        if header.pages > 1:
            if self._settings.color_options.of_single_images:
                raise UnusableImage(f"it has {header.pages} pages or frames; {_SINGLE}")
            return _Read(header, started)
        image = read_gray(path, self._reading, bits=None, colors=self._settings.with_colors)
        return _Read(header, started, with_match(image, self._settings.album))

    def work(self, job: Job, read: _Read | None) -> _Worked:
        if read is None:
            return Done(kept=True)
        if read.header is None:
            return self._film(job)
        if read.image is not None:
            if job.version:
                return read, *self._painter.version(job.source.name, read.image, job.version)
            return read, self._painter.colored(read.image), 0.0
        return self._pages(job, read)

    def write(self, job: Job, worked: _Worked) -> Done:
        if isinstance(worked, Done):
            return worked
        read, image, likelihood = worked
        assert read.image is not None
        done = self._written(job, read, iter((image,)), read.image)
        return replace(done, likelihood=likelihood)

    def _film(self, job: Job) -> Done:
        if job.version:
            raise UnusableImage("a clip; versions are for photos")
        job.target.parent.mkdir(parents=True, exist_ok=True)
        film = self._clips.colorize(job.source.path, job.target)
        return Done(
            size=(film.width, film.height),
            pages=film.frames,
            seconds=film.seconds,
            notes=film.notes,
            lost=film.lost,
            flicker=film.flicker,
        )

    def _are_whole(self, job: Job) -> bool:
        if job.source.format == CLIP:
            return is_whole_output(job.target)
        return all(is_whole(path) for path in _targets(job))

    def _pages(self, job: Job, read: _Read) -> Done:
        """Colour page by page: one is in memory at a time, except in animations."""
        assert read.header is not None
        pages = _Pages(job.source.path, read.header, self._settings)
        done = self._written(job, read, map(self._painter.colored, pages), pages)
        return replace(done, pages=pages.read if job.format.pages else 1)

    def _written(
        self,
        job: Job,
        read: _Read,
        images: Iterator[ColoredImage],
        origin: "GrayImage | _Pages",
    ) -> Done:
        assert read.header is not None
        first = next(images, None)
        if first is None:
            raise UnusableImage("; ".join(origin.notes))
        job.target.parent.mkdir(parents=True, exist_ok=True)
        lossless = read.header.format == "WEBP" and is_lossless_webp(job.source.path)
        how = WritingSettings(job.format, lossless, self._settings.evidence.mark)
        pages = read.header.pages
        if self._settings.evidence.badge:
            first, images = with_badge(first), map(with_badge, images)
        lost = write_photo(job.target, chain((first,), images), how, pages=pages)
        if job.compare is not None:
            write_comparison(job.compare, first, self._settings.evidence.mark)
        other = why_other(read.header.format, job.format)
        notes = (*origin.notes, *([other] if other else []), *lost)
        output = WrittenPhoto(job, first, notes, origin.match)
        write_evidence(self._colorizer, output, self._settings.evidence)
        return Done(
            size=first.size, pages=1, seconds=time.perf_counter() - read.started, notes=notes
        )


class _Pages:
    """The readable pages of a file, and notes on the others."""

    def __init__(self, path: Path, header: ImageHeader, settings: ColorizeSettings) -> None:
        self.notes: list[str] = []
        self.match: AlbumMatch | None = None  # of the first page
        self.read = 0
        self._album = settings.album
        self._all = read_gray_pages(path, settings.reading, colors=settings.with_colors)
        self._most = header.pages
        if header.format != "TIFF":
            self._most = max(1, _ANIMATION_BYTES // header.decoded_bytes)
        if self._most < header.pages:
            self.notes.append(f"of {header.pages} frames the first {self._most} fit into memory")

    def __iter__(self) -> Iterator[GrayImage]:
        for number, page in enumerate(islice(self._all, self._most), start=1):
            if isinstance(page, UnusableImage):
                self._note(f"page {number} left out: {page}")
                continue
            self.read += 1
            matched = with_match(page, self._album)
            self.match = self.match or matched.match
            for note in matched.notes:
                self._note(note)
            yield matched

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _targets(job: Job) -> list[Path]:
    return [path for path in (job.target, job.compare) if path is not None]
