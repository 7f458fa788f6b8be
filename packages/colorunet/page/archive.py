"""Streamed zip archives, with one photo in memory at a time."""

import io
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from starlette.responses import StreamingResponse

from colorunet.page.image_files import ImageFile
from colorunet.page.refusal import Refusal

_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal photos and looks give equal bytes
_NOT_DONE = "not-coloured.txt"


def zip_response(
    photos: Sequence[tuple[str, Callable[[], Awaitable[ImageFile]]]], *, name: str
) -> StreamingResponse:
    """Return a response that streams every photo's file.

    Args:
        photos: their names, and what makes their files; one that can't be made is named in
            ``not-coloured.txt``.
        name: of the archive.
    """
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_parts(photos), media_type="application/zip", headers=headers)


async def _parts(
    photos: Sequence[tuple[str, Callable[[], Awaitable[ImageFile]]]],
) -> AsyncIterator[bytes]:
    sink = _Sink()
    taken: set[str] = set()
    problems = []
    with zipfile.ZipFile(sink, "w") as archive:  # photos are compressed already
        for name, make in photos:
            try:
                file = await make()
            except Refusal as refusal:
                problems.append(f"{name}: {refusal}\n")
                continue
            free = _free(file.name, taken)
            archive.writestr(zipfile.ZipInfo(free, _EPOCH), file.data)
            for beside, data in (file.beside(free) if file.beside else {}).items():
                archive.writestr(zipfile.ZipInfo(_free(beside, taken), _EPOCH), data)
            yield sink.taken()
        if problems:
            archive.writestr(zipfile.ZipInfo(_NOT_DONE, _EPOCH), "".join(problems))
    yield sink.taken()


def _free(name: str, taken: set[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    free, number = name, 1
    while _folded(free) in taken:
        number += 1
        free = f"{stem}-{number}{dot}{suffix}"
    taken.add(_folded(free))
    return free


def _folded(name: str) -> str:
    """Return a key that is equal for names which some file system treats as one."""
    return unicodedata.normalize("NFC", name).casefold()


class _Sink(io.RawIOBase):
    """Write-only buffer that is emptied while it is written."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        """Return the bytes written since the last call."""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data
