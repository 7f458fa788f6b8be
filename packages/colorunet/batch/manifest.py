"""Manifest of a batch: JSON lines, one per output, from which a call resumes."""

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
from colorunet.batch.outputs import Job
from colorunet.batch.runner import Done, reason_of
from colorunet.errors import ColorunetError

FILE = "manifest.jsonl"
_LONGEST_LINE = 1 << 20  # bytes; a row has two paths and some notes


@dataclass(frozen=True)
class ManifestRow:
    """One output, or one skipped photo.

    Args:
        input: its path, as it was found.
        output: path of the coloured photo, planned or written.
        status: ``kept`` is a complete output that existed and was in no manifest.
        reason: why it was skipped.
        network: that coloured it.
        width: in pixels, upright.
        height: likewise.
        pages: coloured.
        compare: the picture that shows both, "" for none.
        notes: what was assumed, and what couldn't be kept.
        bytes: size of the output, by which a later call recognizes it.
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


def row_of(job: Job, outcome: Done | Exception, network: str) -> ManifestRow:
    """Return the row of a job's outcome."""
    if isinstance(outcome, Exception):
        return ManifestRow(job.source.name, job.name, "skipped", reason=reason_of(outcome))
    if outcome.kept:
        return ManifestRow(job.source.name, job.name, "kept", compare=job.compare_name)
    return ManifestRow(
        job.source.name,
        job.name,
        "colorized",
        network=network,
        width=outcome.size[0],
        height=outcome.size[1],
        pages=outcome.pages,
        compare=job.compare_name,
        notes=outcome.notes,
        bytes=job.target.stat().st_size,
    )


class Manifest:
    """An open manifest; each line that ``add`` writes survives a kill."""

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
        """Open or create a manifest for appending; at the end each output has one line.

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
        """Whether the manifest lists a file of this name that is still the output.

        It has the size that was written, or is truncated: smaller and incomplete.
        """
        size = self._sizes.get(output, 0)
        try:
            there = os.stat(output, follow_symlinks=False).st_size
        except OSError:
            return False
        return size > 0 and (there == size or (there < size and not is_whole(Path(output))))

    def add(self, row: ManifestRow) -> None:
        """Append a photo's line; an output that was kept keeps its earlier line."""
        if row.status == "kept" and row.output in self._places:
            return
        line = json.dumps(asdict(row)).encode() + b"\n"
        append(self._file, line, self._path)
        self.superseded += row.output in self._places
        self._places[row.output] = self._end
        self._end += len(line)

    def compact(self) -> None:
        """Rewrite the file with the newest line of each output."""
        with (
            self._path.open("rb") as old,
            write_atomically(self._path) as temporary,
            temporary.open("wb") as new,
        ):
            for place in sorted(self._places.values()):
                old.seek(place)
                new.write(old.readline())


def _read(path: Path) -> tuple[dict[str, int], dict[str, int], int, int]:
    """Return the newest line of each output with its size, the end of whole lines, and a count."""
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
            f"{path}: line {lines + 1} isn't one of a manifest; give another --manifest"
        ) from None
    return places, sizes, end, lines


def _only_writer(path: Path) -> AbstractContextManager[None]:
    if sys.platform == "win32":
        return nullcontext()
    from colorfiles.locks import only_writer  # noqa: PLC0415 - POSIX only

    return only_writer(path, folder=False)
