"""Clips among the photos of a batch; without the extra ``video`` each is an unusable file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from colorfiles.errors import ColorfilesError
from colorfiles.outside.words import shown
from colorfiles.progress import ProgressCallback, silent
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.timed import Timed
from colorunet.coloring.toning import Toning
from colorunet.errors import UnusableImage
from colorunet.evidence.mark import Mark
from colorunet.evidence.record import Coloring, record_place

if TYPE_CHECKING:
    from colorunet.video.film import ColorizedFilm

_NEEDED = ("av", "cv2")


def quiet(_: str) -> None:
    """Drop a message."""


@dataclass(frozen=True)
class ClipColorizer:
    """Colours clips as the photos beside them are.

    Args:
        colorizer: what gives the colours.
        toning: what is done to the colours.
        timed: reference frames and hints.
        mark: that says what added the colours; None writes none.
        record: content of the records beside the clips; None writes none.
        report: receives the progress, a step for each frame.
        say: receives messages for the user while a clip is coloured.
    """

    colorizer: Colorizer
    toning: Toning = field(default_factory=Toning)
    timed: Timed = field(default_factory=Timed)
    mark: Mark | None = None
    record: Coloring | None = None
    report: ProgressCallback = silent
    say: Callable[[str], None] = quiet

    def colorize(self, source: Path, target: Path) -> "ColorizedFilm":
        """Colour a clip.

        Raises:
            UnusableImage: it can't be read, or the extra is missing.
            ForeignFile: another file has the name of its record.
        """
        if not _is_installed():
            raise UnusableImage("a clip; film needs PyAV and OpenCV: pip install '.[video]'")
        from colorunet.video.film import colorize_video  # noqa: PLC0415 - needs the extra
        from colorunet.video.film_record import write_film_record  # noqa: PLC0415
        from colorunet.video.painting import FilmLook  # noqa: PLC0415

        look = FilmLook(toning=self.toning, timed=self.timed)
        if self.record is not None:
            record_place(target)  # a name that is taken is found before hours of work
        try:
            film = colorize_video(
                self.colorizer,
                source,
                target,
                look=look,
                report=self.report,
                tell=lambda note: self.say(f"{shown(str(source))}: {note}"),
                mark=self.mark,
            )
        except ColorfilesError as error:  # another process is at work on it
            raise UnusableImage(str(error)) from None
        if self.record is not None:
            write_film_record(source, film, look, self.record)
        return film


def is_whole_output(path: Path) -> bool:
    """Whether a coloured clip can be read to its end; without the extra it is taken for whole."""
    if not _is_installed():
        return True
    from colorunet.video.opening import is_whole_clip  # noqa: PLC0415 - needs the extra

    return is_whole_clip(path)


def frames_promised(clips: Iterable[Path]) -> int:
    """Return about how many frames clips have by their headers, for the total of a progress bar."""
    if not _is_installed():
        return 0
    from colorunet.video.opening import opened_clip  # noqa: PLC0415 - needs the extra
    from colorunet.video.reading import UnusableClip  # noqa: PLC0415

    total = 0
    for path in clips:
        try:
            with opened_clip(path) as reader:
                total += reader.frames_promised
        except UnusableClip:
            continue
    return total


def _is_installed() -> bool:
    return all(find_spec(name) is not None for name in _NEEDED)
