"""Untrusted tar headers, checked for size before tarfile reads them."""

import re
import tarfile
from collections.abc import Iterator
from typing import Any

MOST_BYTES = 1 << 40  # no archive is longer; sizes near 2⁶³ break offsets and seeks
_MOST_EXTENDED = 4_096  # bytes: the longest path; tarfile needs the square of a pax header's digits
_MANY_DIGITS = re.compile(rb"[0-9]{100}")
_EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
BROKEN = (  # what tarfile raises for malformed bytes
    tarfile.TarError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RecursionError,
)


class BoundedTarInfo(tarfile.TarInfo):
    """Headers of plain sizes; sparse files and long extended headers are refused."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: str, errors: str) -> "BoundedTarInfo":
        """Parse one header block; ReadError if its type or size is out of bounds."""
        info = super().frombuf(buf, encoding, errors)
        if info.type in _EXTENDED and not 0 <= info.size <= _MOST_EXTENDED:
            raise tarfile.ReadError(
                f"an extended header of {info.size:,} bytes, more than {_MOST_EXTENDED:,}"
            )
        if info.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a sparse file")
        refuse_size(info)
        return info

    def _proc_pax(self, archive: Any) -> Any:
        # tarfile's own method begins with this very read, and needs the square of these digits.
        stream = archive.fileobj
        data = stream.read(-(-self.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
        if _MANY_DIGITS.search(data):
            raise tarfile.ReadError("an extended header of digits only")
        archive.fileobj = _Again(data, archive, stream)
        return super()._proc_pax(archive)  # type: ignore[misc]

    def _refuse_sparse(self, *_: Any) -> None:
        raise tarfile.ReadError("a sparse file")

    # The three forms of sparse files in pax headers; each reads as many bytes as the header states.
    _proc_gnusparse_00 = _refuse_sparse
    _proc_gnusparse_01 = _refuse_sparse
    _proc_gnusparse_10 = _refuse_sparse


class _Again:
    """Replays bytes that were already read, then continues the stream."""

    def __init__(self, data: bytes, archive: Any, stream: Any) -> None:
        self._data, self._archive, self._stream = data, archive, stream

    def read(self, _size: int) -> bytes:
        self._archive.fileobj = self._stream
        return self._data


def open_tar(fileobj: Any, mode: Any) -> tarfile.TarFile:
    """Open an archive for ``headers``; raises the same errors."""
    try:
        return tarfile.open(fileobj=fileobj, mode=mode, tarinfo=BoundedTarInfo)
    except (ValueError, OverflowError, RecursionError) as error:
        raise tarfile.ReadError(str(error) or type(error).__name__) from None


def refuse_size(info: tarfile.TarInfo) -> None:
    """Raise ReadError for an implausible size of a member."""
    if not 0 <= info.size <= MOST_BYTES:
        raise tarfile.ReadError(f"a member that claims {info.size:,} bytes")


def headers(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive that ``open_tar`` opened.

    Raises:
        tarfile.TarError, EOFError, OSError: the archive is broken or forged, whatever tarfile
            itself would have raised.
    """
    while True:
        try:
            info = archive.next()
        except (ValueError, OverflowError, RecursionError) as error:
            raise tarfile.ReadError(str(error) or type(error).__name__) from None
        if info is None:
            return
        archive.members.clear()  # type: ignore[attr-defined]  # else all of 108,754 stay in memory
        refuse_size(info)  # again: a pax header may have changed it
        yield info
