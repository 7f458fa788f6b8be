"""Discovery of photos in files and folders, with counts of skipped files."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from colorfiles.photos import FIRST_BYTES, format_of, looks_like_picture
from colorfiles.photos.left_out import (
    FILES_LEFT_OUT,
    FOLDERS_LEFT_OUT,
    is_left_out_file,
    is_left_out_folder,
)
from colorunet.errors import InvalidRequest
from colorunet.video.clip_formats import CLIP, looks_like_clip

_NOT_READ = "unreadable"
_SIDECARS = "sidecars (.xmp, .aae, .json and the like), which aren't copied"
# Files that describe a photo beside them: of Lightroom and darktable, Apple's Photos, RawTherapee,
# DxO; of Google's Takeout, which cuts long names short (IMG.jpg.supplemental-me.json) and numbers
# equal ones (IMG.jpg(1).json).
_NUMBER = r"(\(\d+\))?"
_SIDECAR = re.compile(
    rf".+\.(xmp|aae|pp3|dop)|.+\.\w{{3,4}}{_NUMBER}(\.s[a-z-]*)?{_NUMBER}\.json", re.IGNORECASE
)
Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Source:
    """One photo to colour.

    Args:
        name: its path, as a string: for thousands of files making Paths takes the most time.
        relative: path of its output below the folder of the outputs, likewise.
        format: by its first bytes, by Pillow's names, or ``CLIP``; "" for unknown ones.
        identity: device and inode, the same for every name of a file.
        problem: why it can't be used, if that is known already.
    """

    name: str
    relative: str
    format: str
    identity: Identity
    problem: str = ""

    @property
    def path(self) -> Path:
        """Path of the file."""
        return Path(self.name)


@dataclass
class Sources:
    """Photos to colour, and counts of other files.

    Args:
        photos: in the order in which they are coloured.
        empty: given folders without photos.
        left_out: numbers of skipped files, by kind.
    """

    photos: list[Source] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def find_sources(inputs: Sequence[Path], out: Path) -> Sources:
    """Return the given photos and those in the given folders, each once, sorted by name.

    The photos of a single folder keep their relative paths; with several inputs, the folder's name
    is added. Costs one file system call per file and two per folder.

    Args:
        inputs: files and folders.
        out: the folder of the outputs, skipped if it lies inside an input.

    Raises:
        InvalidRequest: a path doesn't exist.
    """
    _require_paths(inputs)
    walk = _Walk(out)
    for path in inputs:
        before = len(walk.sources.photos)
        if path.is_dir():
            walk.folder(str(path), "" if len(inputs) == 1 else path.resolve().name)
        else:
            walk.file(str(path), path.name, named=True)
        if path.is_dir() and len(walk.sources.photos) == before:
            walk.sources.empty.append(path)
    return walk.sources


def _require_paths(inputs: Sequence[Path]) -> None:
    for path in inputs:
        try:
            os.stat(path)
        except FileNotFoundError:
            raise InvalidRequest(f"{path}: no such file or folder; nothing was done") from None
        except OSError as error:
            raise InvalidRequest(f"{path}: {error.strerror}; nothing was done") from None


class _Walk:
    """Walks folders, each once; links to folders come last, so that real places win."""

    def __init__(self, out: Path) -> None:
        self.sources = Sources()
        self._out = _identity_of(out)
        self._seen: set[Identity] = set()
        self._files: set[str] = set()

    def folder(self, top: str, relative: str) -> None:
        waiting = [(top, relative)]
        links: list[tuple[str, str]] = []
        while waiting or links:
            path, place = waiting.pop() if waiting else links.pop(0)
            identity = _identity_of(path)
            if identity in self._seen or (identity == self._out and path != top):
                if identity != self._out:
                    self.sources.left_out["folders that are links to others"] += 1
                continue
            if identity is not None:
                self._seen.add(identity)
            inner: list[tuple[str, str]] = []
            for entry in self._entries(path, place):
                target = (os.path.join(path, entry.name), os.path.join(place, entry.name))
                if not _is_folder(entry):
                    self.file(*target, entry=entry, device=identity[0] if identity else 0)
                elif is_left_out_folder(entry.name):
                    self.sources.left_out[FOLDERS_LEFT_OUT] += 1
                else:
                    (links if entry.is_symlink() else inner).append(target)
            waiting += reversed(inner)

    def file(
        self,
        path: str,
        relative: str,
        *,
        entry: os.DirEntry[str] | None = None,
        device: int = 0,
        named: bool = False,
    ) -> None:
        if path in self._files:
            return
        start, identity, problem = _looked_into(path, entry, device)
        name = os.path.basename(path)
        kind = format_of(start) or ("TGA" if path.lower().endswith(".tga") else "")
        if not kind and looks_like_clip(name, start):
            kind = CLIP
        if not named:
            if kind != CLIP and not looks_like_picture(name, start):
                if _SIDECAR.fullmatch(name):
                    self.sources.left_out[_SIDECARS] += 1
                return
            if is_left_out_file(name):
                self.sources.left_out[FILES_LEFT_OUT] += 1
                return
        self._files.add(path)
        self.sources.photos.append(Source(path, relative, kind, identity, problem))

    def _entries(self, folder: str, place: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            problem = f"{_NOT_READ}: {error.strerror}"
            self.sources.photos.append(Source(folder, place, "", (0, 0), problem))
            return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _identity_of(path: Path | str) -> Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _looked_into(
    path: str, entry: os.DirEntry[str] | None, device: int
) -> tuple[bytes, Identity, str]:
    """Return a file's first bytes, its identity, and its problem if there is one."""
    is_plain = entry is not None and entry.is_file(follow_symlinks=False)
    try:
        if entry is not None and is_plain:
            identity = (device, entry.inode())
        else:
            status = os.stat(path)
            identity = (status.st_dev, status.st_ino)
            if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
                return b"", identity, "not a regular file"
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return b"", (0, 0), "no such file: a link to nowhere"
    except OSError as error:
        return b"", (0, 0), f"{_NOT_READ}: {error.strerror}"
    try:
        return os.read(descriptor, FIRST_BYTES), identity, ""
    except OSError as error:
        return b"", identity, f"{_NOT_READ}: {error.strerror}"
    finally:
        os.close(descriptor)


def words_of(left_out: Counter[str]) -> Iterator[str]:
    """Yield each kind of left-out file with its count."""
    yield from (f"{count} {what}" for what, count in sorted(left_out.items()))
