"""What the outputs are called, and that none replaces an input."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from colorfiles.photos import UnreadableImage, look_at, looks_like_picture
from colorunet.errors import ColorunetError
from colorunet.prediction.sources import Identity, Source, Sources, find_sources, shown
from colorunet.prediction.writing.formats import (
    FORMATS,
    OutputFormat,
    format_for,
    format_named,
)

_NAME_BYTES = 255  # the most of a file's name
_COMPARED = "-compare.jpg"


@dataclass(frozen=True, slots=True)
class Job:
    """One photo and where it goes.

    Args:
        source: the photo.
        target: of the coloured photo.
        format: of that.
        compare: of the picture that shows both, where one is wanted.
        is_there: whether files of these names are there already.
    """

    source: Source
    target: Path
    format: OutputFormat
    compare: Path | None = None
    is_there: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Args:
        jobs: in order.
        out: the folder of the outputs.
        sources: what was found.
    """

    jobs: list[Job]
    out: Path
    sources: Sources


def plan_outputs(inputs: Sequence[Path], out: Path, *, compare: bool = False) -> Plan:
    """Find the photos and name their outputs; nothing is written.

    Outputs lie below ``out`` as the photos lie below the folder named, and are called as they are,
    with another suffix where they get another format. Where two would be called the same, on any
    file system, the later gets ``-2``, ``-3``… Two calls of the file system a folder of outputs.

    Args:
        inputs: files and folders.
        out: the folder of the outputs, or one file with an image's suffix for one photo.
        compare: plan a picture that shows each photo before and after, too.

    Raises:
        ColorunetError: a path doesn't exist, there is no photo, or an input would be replaced.
    """
    chosen = None if out.is_dir() else format_named(out)
    sources = find_sources(inputs, out)
    if not sources.photos:
        raise ColorunetError(f"{', '.join(map(shown, inputs))}: no images in there")
    if chosen is not None:
        if len(inputs) != 1 or inputs[0].is_dir():
            raise ColorunetError(f"{shown(out)} names one file; for several give a folder")
        jobs = [Job(sources.photos[0], out, chosen, _beside(out) if compare else None)]
        out = out.parent
    else:
        jobs = _named(sources.photos, out, compare)
    if out.exists() and not out.is_dir():
        raise ColorunetError(f"{shown(out)}: not a folder; --out names the folder of the outputs")
    return Plan(_checked(jobs, sources.photos), out, sources)


def _named(photos: Sequence[Source], out: Path, compare: bool) -> list[Job]:
    taken: set[str] = set()
    wanted = [(photo, *_name(photo)) for photo in photos]
    found: dict[int, Path] = {}
    # Who keeps the own name comes first: a.heic beside a.jpg is the one that is called a-2.jpg.
    for own in (True, False):
        for number, (photo, name, _) in enumerate(wanted):
            if (name == photo.relative.name) is own:
                found[number] = _free(photo.relative.with_name(name), taken)
    jobs = []
    for number, (photo, _, target) in enumerate(wanted):
        path = out / found[number]
        beside = out / _free(_beside(found[number]), taken) if compare else None
        jobs.append(Job(photo, path, target, beside))
    return jobs


def _name(photo: Source) -> tuple[str, OutputFormat]:
    target = format_for(photo.format, animated=_is_animated(photo)) if photo.format else None
    target = target or format_named(photo.path) or FORMATS["PNG"]
    name = photo.relative.name
    stem, suffix = os.path.splitext(name)
    if suffix.lower() in target.suffixes:
        return name, target
    if not format_named(photo.path) and not photo.format:
        return name, target
    is_pictures = looks_like_picture(name, b"")  # else a part of the name: "beach.2019"
    return _cut(stem if is_pictures else name, target.suffixes[0]), target


def _is_animated(photo: Source) -> bool:
    if photo.format != "GIF":
        return False
    try:
        with photo.path.open("rb") as file:
            return look_at(file).pages > 1
    except (OSError, UnreadableImage):
        return False


def _beside(path: Path) -> Path:
    return path.with_name(_cut(path.stem, _COMPARED))


def _cut(stem: str, end: str) -> str:
    """Return a name that a file system takes: the stem loses bytes at its end where it must."""
    room = _NAME_BYTES - len(end)
    raw = os.fsencode(stem)
    while len(raw) > room:
        stem = stem[:-1]
        raw = os.fsencode(stem)
    return stem + end


def _free(path: Path, taken: set[str]) -> Path:
    stem, suffix = os.path.splitext(path.name)
    number, free = 1, path
    while (key := _key(str(free))) in taken:
        number += 1
        free = path.with_name(_cut(stem, f"-{number}{suffix}"))
    taken.add(key)
    return free


def _key(name: str) -> str:
    """Two names with one key are one file on some file system."""
    return unicodedata.normalize("NFC", name).casefold()


def _checked(jobs: Sequence[Job], photos: Sequence[Source]) -> list[Job]:
    inputs = {photo.identity for photo in photos} - {(0, 0)}
    folders: dict[Path, dict[str, Identity]] = {}
    checked = []
    for job in jobs:
        there = []
        for target in (job.target, job.compare):
            if target is None:
                continue
            if target.parent not in folders:
                folders[target.parent] = _identities(target.parent)
            identity = folders[target.parent].get(_key(target.name))
            there.append(identity is not None)
            if identity in inputs:
                raise ColorunetError(
                    f"{shown(target)}: the output of {shown(job.source.path)} would replace an "
                    "input; give another --out"
                )
        checked.append(replace(job, is_there=all(there)))
    return checked


def _identities(folder: Path) -> dict[str, Identity]:
    """Return which files are in a folder, by keys of their names; links count as what they name."""
    found: dict[str, Identity] = {}
    try:
        device = os.stat(folder).st_dev
        with os.scandir(folder) as entries:
            for entry in entries:
                identity = (device, entry.inode())
                if entry.is_symlink():
                    try:
                        real = entry.stat()
                        identity = (real.st_dev, real.st_ino)
                    except OSError:
                        pass
                found[_key(entry.name)] = identity
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return found
