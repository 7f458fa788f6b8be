"""SUN as a photo source, and the entry point of ``fetch-sun``."""

import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.source import ExaminedPhoto, gather
from dataprep.sources.sun.archive import StreamedArchive
from dataprep.sources.sun.classes import ClassChoice, choose_classes
from dataprep.sources.sun.download import shown
from dataprep.sources.sun.draw import Draw, SunSettings, SunSummary
from dataprep.sources.sun.layout import SOURCE
from dataprep.sources.sun.source import Tree, open_source

SUN397_MD5 = "8ca2778205c41d23104230ba66911c7a"
_SHOWN_CLASSES = 8

Progress = Callable[[str, int | None], AbstractContextManager[ProgressCallback]]


class SunSource:
    """A sample of each class of SUN, from a folder or an archive; see ``PhotoSource``."""

    name = SOURCE
    attribution = None

    def __init__(
        self,
        opened: Tree | StreamedArchive,
        choice: ClassChoice,
        settings: SunSettings,
        *,
        md5: str = "",
        report: ProgressCallback = silent,
    ) -> None:
        self._opened, self._choice, self._settings = opened, choice, settings
        self._md5, self._report = md5, report

    def candidates(self, folder: PhotoFolder) -> Generator[ExaminedPhoto, None, SunSummary]:
        """Yield the photos drawn and the unusable ones that they replace."""
        draw = Draw(folder, self._choice, self._settings)
        if isinstance(self._opened, Tree):
            files = self._opened.files
            return (yield from draw.from_tree(self._opened.root, files, self._report))
        archive = self._opened
        return (yield from draw.from_archive(archive, md5=self._md5, report=self._report))


def fetch_sun(
    address: str,
    out: Path,
    *,
    classes: str = "220",
    settings: SunSettings | None = None,
    md5: str = "",
    progress: Progress = lambda title, total: nullcontext(silent),  # noqa: ARG005
) -> SunSummary:
    """Draw photos of SUN's classes into the photo folder ``out``.

    Args:
        address: a folder, a tar, a tar.gz, or the http(s) address of an archive.
        out: the photo folder; made where it is missing, added to where it is there.
        classes: see ``choose_classes``.
        settings: what is drawn.
        md5: what the archive's should be, or ``sun397`` for that of SUN397.tar.gz.
        progress: makes the report for a title and a total.

    Raises:
        DataprepError: nothing can be drawn. A damaged archive is no error here: its intact photos
            are kept, and the summary says how far it was read.
    """
    settings = settings or SunSettings()
    expected = SUN397_MD5 if md5.lower() == "sun397" else md5
    if expected and not re.fullmatch(r"[0-9a-fA-F]{32}", expected):
        raise DataprepError(f"--md5 {md5!r}: expected 32 hexadecimal digits, or sun397")
    with open_source(address, with_md5=bool(expected)) as opened:
        if isinstance(opened, Tree):
            choice = choose_classes(classes, opened.classes)
            total: int | None = sum(map(choice.allows, opened.classes)) * settings.per_class
            title = "photos"
        else:
            choice = choose_classes(classes)
            title = "MB read"
            total = None if opened.total is None else opened.total >> 20
        with progress(title, total) as report:
            source = SunSource(opened, choice, settings, md5=expected, report=report)
            return gather(source, out)


def words_about(summary: SunSummary) -> list[str]:
    """Return notes for the user beside the counts, a line each."""
    words = []
    if summary.absent:
        words.append(f"{len(summary.absent)} classes aren't there: {_some(summary.absent)}")
    if summary.short:
        few = [f"{name} ({count})" for name, count in summary.short.items()]
        words.append(f"{len(few)} classes have fewer usable photos: {_some(few)}")
    if summary.refused_members:
        words.append(f"{summary.refused_members} links or names that lead out were skipped")
    return words


def failure(summary: SunSummary, source: str) -> str:
    """Return the reason if the fetch failed, "" if not."""
    name = shown(source) if "://" in source else source
    if summary.damage:
        return (
            f"{name}: damaged: {summary.damage}. {summary.kept} photos that were whole are kept; "
            "run again with a whole archive, which checks and completes them"
        )
    if summary.kept == 0:
        return f"{name}: no usable photo of the requested classes; see --classes"
    return ""


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN_CLASSES
    return ", ".join(names[:_SHOWN_CLASSES]) + (f" and {more} more" if more > 0 else "")
