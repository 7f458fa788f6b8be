"""Paths of the outputs, and the check that none replaces an input."""

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from colorfiles.outside.words import shown
from colorfiles.photos import UnreadableImage, can_decode, look_at, looks_like_picture
from colorfiles.photos.formats import decoder_of
from colorunet.batch.sources import Identity, Source, Sources, find_sources
from colorunet.batch.writing.formats import (
    FORMATS,
    OutputFormat,
    format_for,
    format_named,
)
from colorunet.errors import ColorunetError
from colorunet.parameters.shipped import is_run
from colorunet.video.clip_formats import ANY, CLIP, CLIP_SUFFIXES, looks_like_clip

_NAME_BYTES = 255  # the most of a file's name
_COMPARED = "-compare.jpg"
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}")
_Draft = tuple[Source, str, OutputFormat, str]  # a Job before existing outputs are looked up


@dataclass(frozen=True, slots=True)
class Job:
    """One photo and its output.

    Args:
        source: the photo.
        name: the path of the coloured photo, as a string, as there may be thousands.
        format: of that.
        compare_name: likewise, of the comparison picture; "" for none.
        is_there: whether files of these names exist; of versions, those of all.
        version: number of a version, from 1; 0 if only one is made.
        is_recorded: whether a manifest lists the existing output.
    """

    source: Source
    name: str
    format: OutputFormat
    compare_name: str = ""
    is_there: bool = False
    version: int = 0
    is_recorded: bool = False

    @property
    def target(self) -> Path:
        """Path of the coloured photo."""
        return Path(self.name)

    @property
    def compare(self) -> Path | None:
        """Path of the comparison picture; None without one."""
        return Path(self.compare_name) if self.compare_name else None


@dataclass(frozen=True)
class Plan:
    """The jobs of a batch.

    Args:
        jobs: in order.
        out: the folder of the outputs.
        sources: the photos, and what was left out.
    """

    jobs: list[Job]
    out: Path
    sources: Sources

    @property
    def has_clips(self) -> bool:
        """Whether clips are among the photos."""
        return any(photo.format == CLIP for photo in self.sources.photos)


def plan_outputs(
    inputs: Sequence[Path], out: Path, *, compare: bool = False, versions: int = 1
) -> Plan:
    """Find the photos and name their outputs; nothing is written.

    Outputs keep the photos' relative paths below ``out`` and their names, with another suffix for
    another format. Where two names are equal on some file system, the later gets ``-2``, ``-3``…
    Costs two file system calls per folder of outputs.

    Args:
        inputs: files and folders.
        out: the folder of the outputs, or one file with an image's suffix for one photo.
        compare: plan a picture that shows each photo before and after, too.
        versions: of each photo; more than one are called ``NAME-1``, ``NAME-2``…

    Raises:
        ColorunetError: a path doesn't exist, there is no photo, an input would be replaced, or
            ``out`` is a run or a photo folder.
    """
    file_format = None if out.is_dir() else format_named(out.name)
    if file_format is None and len(inputs) == 1 and not inputs[0].is_dir():
        _refuse_unknown_ending(out)
    if file_format is not None:
        _refuse_unwritable(out, file_format)
    sources = find_sources(inputs, out)
    if not sources.photos:
        raise ColorunetError(f"{', '.join(map(shown, map(str, inputs)))}: no images in there")
    if file_format is not None:
        if len(inputs) != 1 or inputs[0].is_dir():
            raise ColorunetError(f"{shown(str(out))} names one file; for several give a folder")
        is_clip = sources.photos[0].format == CLIP
        if is_clip != (file_format.name == CLIP):
            kind = "a clip" if is_clip else "a photo"
            raise ColorunetError(
                f"{shown(str(inputs[0]))}: {kind}; {shown(out.name)} names none, give another --out"
            )
        beside = _beside(str(out)) if compare and not is_clip else ""
        jobs = [(sources.photos[0], str(out), file_format, beside)]
        taken = {_key(str(out))}
        out = out.parent
    else:
        taken = set()
        jobs = _named(sources.photos, str(out), compare, taken)
    if versions > 1:
        jobs = _numbered(jobs, versions, taken)
    if out.exists() and not out.is_dir():
        raise ColorunetError(
            f"{shown(str(out))}: not a folder; --out names the folder of the outputs"
        )
    if is_run(out) or (out / "manifest.parquet").exists():
        kind = "a run" if is_run(out) else "a photo folder"
        raise ColorunetError(f"{shown(str(out))}: {kind}; give another --out for the outputs")
    return Plan(_checked(jobs, sources.photos, versions), out, sources)


def _refuse_unknown_ending(out: Path) -> None:
    """Raise ColorunetError if --out ends like a file of an unknown format."""
    if out.is_dir() or not _ENDING.fullmatch(out.suffix):
        return
    photos = ", ".join(one.suffixes[0] for one in FORMATS.values())
    films = ", ".join(CLIP_SUFFIXES)
    raise ColorunetError(
        f"{shown(str(out))}: {out.suffix} is no suffix of a format that is written: {photos}; "
        f"of films {films}; for a folder of that name make it first"
    )


def _refuse_unwritable(out: Path, target: OutputFormat) -> None:
    """Raise ColorunetError where this installation doesn't write the format of an output."""
    if target.name != CLIP and not can_decode(target.name):
        raise ColorunetError(
            f"{shown(str(out))}: {target.name} needs {decoder_of(target.name)}; or name a .png"
        )


def _named(photos: Sequence[Source], out: str, compare: bool, taken: set[str]) -> list[_Draft]:
    own_names = [(photo, *_name(photo)) for photo in photos]
    names: dict[int, str] = {}
    # Outputs that keep their name come first: a.heic beside a.jpg becomes a-2.jpg.
    for own in (True, False):
        for number, (photo, name, _) in enumerate(own_names):
            if (name == photo.relative) is own:
                names[number] = _free(name, taken)
    jobs = []
    for number, (photo, _, target) in enumerate(own_names):
        is_photo = photo.format != CLIP
        beside = _free(_beside(names[number]), taken) if compare and is_photo else ""
        beside = os.path.join(out, beside) if beside else ""
        jobs.append((photo, os.path.join(out, names[number]), target, beside))
    return jobs


def _numbered(jobs: Sequence[_Draft], versions: int, taken: set[str]) -> list[_Draft]:
    numbered = []
    for photo, name, target, beside in jobs:
        for number in range(1, versions + 1):
            own = _free(_with_end(name, f"-{number}"), taken)
            shows = _free(_beside(own), taken) if beside else ""
            numbered.append((photo, own, target, shows))
    return numbered


def _with_end(name: str, end: str) -> str:
    folder, base = os.path.split(name)
    stem, suffix = os.path.splitext(base)
    return os.path.join(folder, _cut(stem, f"{end}{suffix}"))


def _name(photo: Source) -> tuple[str, OutputFormat]:
    """Return a photo's path below the folder of the outputs, and its format."""
    folder, name = os.path.split(photo.relative)
    stem, suffix = os.path.splitext(name)
    if photo.format:
        target = format_for(photo.format, animated=_is_animated(photo))
    else:  # unreadable: the format is that of its name
        target = format_named(name) or FORMATS["PNG"]
    if suffix.lower() in target.suffixes or not (photo.format or format_named(name)):
        return photo.relative, target
    if photo.format == CLIP:
        return os.path.join(folder, _cut(stem if looks_like_clip(name, b"") else name, ANY)), target
    is_pictures = looks_like_picture(name, b"")  # else a part of the name: "beach.2019"
    cut = _cut(stem if is_pictures else name, target.suffixes[0])
    return os.path.join(folder, cut), target


def _is_animated(photo: Source) -> bool:
    if photo.format != "GIF":
        return False
    try:
        with photo.path.open("rb") as file:
            return look_at(file).pages > 1
    except (OSError, UnreadableImage):
        return False


def _beside(name: str) -> str:
    folder, base = os.path.split(name)
    return os.path.join(folder, _cut(os.path.splitext(base)[0], _COMPARED))


def _cut(stem: str, end: str) -> str:
    """Return a name of at most 255 bytes; the stem is shortened if needed."""
    room = _NAME_BYTES - len(end)
    raw = os.fsencode(stem)
    while len(raw) > room:
        stem = stem[:-1]
        raw = os.fsencode(stem)
    return stem + end


def _free(name: str, taken: set[str]) -> str:
    folder, base = os.path.split(name)
    stem, suffix = os.path.splitext(base)
    number, free = 1, name
    while (key := _key(free)) in taken:
        number += 1
        free = os.path.join(folder, _cut(stem, f"-{number}{suffix}"))
    taken.add(key)
    return free


def _key(name: str) -> str:
    """Return a key that is equal for names which are one file on some file system."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def _checked(drafts: Sequence[_Draft], photos: Sequence[Source], versions: int) -> list[Job]:
    inputs = {photo.identity for photo in photos} - {(0, 0)}
    folders: dict[str, dict[str, Identity]] = {}
    checked: list[Job] = []
    for photo, name, target, beside in drafts:
        is_there = True
        for path in (name, beside) if beside else (name,):
            folder, base = os.path.split(path)
            if folder not in folders:
                folders[folder] = _identities(folder or ".")
            identity = folders[folder].get(_key(base))
            is_there = is_there and identity is not None
            if identity in inputs:
                raise ColorunetError(
                    f"{shown(path)}: the output of {shown(photo.name)} would replace an input; "
                    "give another --out"
                )
        version = len(checked) % versions + 1 if versions > 1 else 0
        checked.append(Job(photo, name, target, beside, is_there, version))
    return checked if versions == 1 else _all_or_none(checked, versions)


def _all_or_none(jobs: Sequence[Job], versions: int) -> list[Job]:
    """Treat a photo's versions as present only if all are: other counts give other versions."""
    completed: list[Job] = []
    for start in range(0, len(jobs), versions):
        together = jobs[start : start + versions]
        is_there = all(job.is_there for job in together)
        completed += [replace(job, is_there=is_there) for job in together]
    return completed


def _identities(folder: str) -> dict[str, Identity]:
    """Return the identities of a folder's files by key of their names; links resolve."""
    identities: dict[str, Identity] = {}
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
                identities[_key(entry.name)] = identity
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return identities
