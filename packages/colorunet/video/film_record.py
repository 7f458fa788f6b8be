"""The record of a coloured film, beside it."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from colorunet.coloring.steering.timed import ReferenceFrame, TimedHint
from colorunet.evidence.record import Coloring, write_record
from colorunet.video.film import ColorizedFilm
from colorunet.video.painting import FilmLook

_OF_PHOTOS = ("versions", "significant_bits", "badge")  # settings that films don't have


def write_film_record(
    source: Path, film: ColorizedFilm, look: FilmLook, coloring: Coloring
) -> Path:
    """Write a film's record and return its path.

    Args:
        source: the clip.
        film: that was written.
        look: how it was coloured.
        coloring: software, network, palette and the settings that photos have, too.

    Raises:
        ForeignFile: another file is there.
        OSError: a file can't be read or written.
    """
    dials = {name: value for name, value in coloring.settings.items() if name not in _OF_PHOTOS}
    of_film = replace(
        coloring,
        settings={**dials, "smoothing": asdict(look.smoothing), "reference_sha256": ""},
        hints=tuple(map(_hint, look.timed.hints)),
        film={"frames": film.frames, "reference_frames": [*map(_frame, look.timed.frames)]},
    )
    size = (film.width, film.height)
    return write_record(source, Path(film.output), of_film, size=size, lost=film.notes)


def _hint(hint: TimedHint) -> dict[str, Any]:
    return {**hint.hint.facts, "time_s": hint.time_s}


def _frame(frame: ReferenceFrame) -> dict[str, Any]:
    return {
        "name": Path(frame.name).name,
        "sha256": frame.reference.sha256,
        "time_s": frame.time_s,
    }
