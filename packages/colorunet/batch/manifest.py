"""What became of each photo: JSON lines, one an output, that a stopped call goes on with."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from colorfiles.files import append, open_own, write_atomically
from colorfiles.outside.documents import parse_json_object
from colorfiles.outside.files import open_regular
from colorunet.batch.images import is_whole
from colorunet.errors import ColorunetError

FILE = "manifest.jsonl"
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class ManifestRow:
    """One photo.

    Args:
        input: its path, as it was found.
        output: of the coloured one, or what it would have been.
        status: ``kept`` is one that was there, and whole, before a manifest knew it.
        reason: why it was skipped.
        network: that coloured it.
        width: in pixels, upright.
        height: likewise.
        pages: coloured.
        compare: the picture that shows both, "" for none.
        notes: what was assumed, and what couldn't be kept.
        bytes: of the output, by which a later call knows it again.
    """

    input: str
    output: str
    status: Literal["colorized", "kept", "skipped"]
    reason: str = ""
    network: str = ""
    width: int = 0
    height: int = 0
    pages: int = 0
    compare: str = ""
    notes: tuple[str, ...] = ()
    bytes: int = 0


class Manifest:
    """An open manifest; ``add`` is durable against a killed process, line by line."""

    def __init__(
        self, file: BinaryIO, path: Path, places: dict[str, int], sizes: dict[str, int]
    ) -> None:
        self._file, self._path = file, path
        self._places = places  # where the line of each output starts
        self._sizes = sizes  # of the outputs
        self._end = file.seek(0, os.SEEK_END)
        self.superseded = 0

    @classmethod
    @contextmanager
    def writing(cls, path: Path) -> "Iterator[Manifest]":
        """Go on with the manifest at ``path``, or begin it; at its end each output has one line.

        Raises:
            ColorunetError: another file is there.
            ColorfilesError: another call writes it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_writer(path):
            places, sizes, end, lines = _read(path)
            with open_own(path, append=True) as file:
                file.truncate(end)  # what a kill left of a line
                manifest = cls(file, path, places, sizes)
                manifest.superseded = lines - len(places)
                try:
                    yield manifest
                finally:
                    if manifest.superseded:
                        manifest.compact()

    def has(self, output: str) -> bool:
        """Whether a call of this manifest wrote the file that is there under this name.

        It has the size that was written, or is the beginning of it: shorter, and no whole picture.
        """
        size = self._sizes.get(output, 0)
        try:
            there = os.stat(output, follow_symlinks=False).st_size
        except OSError:
            return False
        return size > 0 and (there == size or (there < size and not is_whole(Path(output))))

    def add(self, row: ManifestRow) -> None:
        """Write a photo's line; one that was only kept keeps the line that it has."""
        if row.status == "kept" and row.output in self._places:
            return
        line = json.dumps(asdict(row)).encode() + b"\n"
        append(self._file, line, self._path)
        self.superseded += row.output in self._places
        self._places[row.output] = self._end
        self._end += len(line)

    def compact(self) -> None:
        """Write the file anew, with the newest line of each photo alone."""
        with (
            self._path.open("rb") as old,
            write_atomically(self._path) as temporary,
            temporary.open("wb") as new,
        ):
            for place in sorted(self._places.values()):
                old.seek(place)
                new.write(old.readline())


def _read(path: Path) -> tuple[dict[str, int], dict[str, int], int, int]:
    """Return the outputs' newest lines and sizes, where whole lines end, and how many there are."""
    places: dict[str, int] = {}
    sizes: dict[str, int] = {}
    end = lines = 0
    try:
        with open_regular(path) as file:
            while (line := file.readline(_LONGEST_LINE)).endswith(b"\n"):
                row = parse_json_object(line)
                output, size = str(row["output"]), row.get("bytes")
                places[output] = end
                sizes[output] = size if isinstance(size, int) else 0
                end += len(line)
                lines += 1
            if len(line) == _LONGEST_LINE or not b'{"input": '.startswith(line[:10]):
                raise ValueError("not a line of a manifest")
    except FileNotFoundError:
        pass
    except (ValueError, KeyError):
        raise ColorunetError(
            f"{path}: line {lines + 1} is none of a manifest; give another --manifest"
        ) from None
    return places, sizes, end, lines


def _only_writer(path: Path) -> AbstractContextManager[None]:
    if sys.platform == "win32":
        return nullcontext()
    from colorfiles.locks import only_writer  # noqa: PLC0415 - POSIX only

    return only_writer(path, folder=False)
