"""Clips among the photos of a call; without the extra they are skipped."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

from colorfiles.errors import ColorfilesError
from colorfiles.outside.words import shown
from colorfiles.progress import ProgressCallback, silent
from colorunet.batch.clip_formats import CLIP
from colorunet.batch.images import UnusableImage
from colorunet.batch.outputs import Job
from colorunet.batch.runner import Done
from colorunet.batch.settings import ColorizeSettings
from colorunet.coloring.colorizer import Colorizer

_NEEDED = ("av", "cv2")


class Clips:
    """Colours clips as the photos beside them are.

    Args:
        colorizer: what gives the colours.
        settings: those of the photos.
        report: receives the progress, a step for each frame.
        say: receives words for the user while a clip is coloured.
    """

    def __init__(
        self,
        colorizer: Colorizer,
        settings: ColorizeSettings,
        report: ProgressCallback = silent,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._colorizer = colorizer
        self._settings = settings
        self._report = report
        self._say = say

    def is_whole(self, path: Path) -> bool:
        """Whether a clip that is there can be read up to its end; without the extra it may be."""
        if not _is_installed():
            return True
        from colorunet.video.opening import is_whole_clip  # noqa: PLC0415 - needs the extra

        return is_whole_clip(path)

    def colorize(self, source: Path, target: Path) -> Done:
        """Colour a clip.

        Raises:
            UnusableImage: it can't be read, what is asked isn't for clips, or the extra is missing.
        """
        if not _is_installed():
            raise UnusableImage("a clip; film needs PyAV and OpenCV: pip install '.[video]'")
        from colorunet.video.film import colorize_video  # noqa: PLC0415 - needs the extra
        from colorunet.video.painting import FilmLook  # noqa: PLC0415

        wishes = self._settings.wishes
        if wishes.versions > 1:
            raise UnusableImage("a clip; versions are for photos")
        look = FilmLook(toning=wishes.toning, timed=wishes.timed)
        try:
            film = colorize_video(
                self._colorizer,
                source,
                target,
                look=look,
                report=self._report,
                tell=lambda note: self._say(f"{shown(str(source))}: {note}"),
                mark=self._settings.evidence.mark,
            )
        except ColorfilesError as error:  # another process is at work on it
            raise UnusableImage(str(error)) from None
        return Done(
            size=(film.width, film.height),
            pages=film.frames,
            seconds=film.seconds,
            notes=film.notes,
            lost=film.lost,
            flicker=film.flicker,
        )


def frames_promised(jobs: Iterable[Job], overwrite: bool) -> int:
    """Return about how many frames the clips to colour have; for a bar that shows progress.

    Args:
        jobs: photos and clips.
        overwrite: also those whose output is there.
    """
    if not _is_installed():
        return 0
    from colorunet.video.opening import opened_clip  # noqa: PLC0415
    from colorunet.video.reading import UnusableClip  # noqa: PLC0415

    total = 0
    for job in jobs:
        if job.source.format != CLIP or (job.is_there and not overwrite):
            continue
        try:
            with opened_clip(job.source.path) as reader:
                total += reader.frames_promised
        except UnusableClip:
            continue
    return total


def _is_installed() -> bool:
    return all(find_spec(name) is not None for name in _NEEDED)
