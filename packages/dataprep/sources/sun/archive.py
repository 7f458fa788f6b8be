"""Streaming reader of untrusted tar and tar.gz archives."""

import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from colorfiles.outside.tars import BROKEN, BoundedTarInfo, headers

_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_MAX_READ = 256 << 20  # no header and no photo is longer; a forged length must not fill the memory
_GZIP = b"\x1f\x8b"
_BROKEN = (*BROKEN, zlib.error)


class ArchiveDamaged(Exception):
    """The archive can't be read further; the message has the reason and the place."""


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass
class Member:
    """A regular file in the archive; it can be read until the next one is taken."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass
class StreamedArchive:
    """The members of a tar or tar.gz that is read as a stream.

    Args:
        raw: the archive's bytes; only ``read`` is called.
        total: the archive's size in bytes where it is known.
        with_md5: compute the md5 of the archive while it passes.
        refused: members that aren't plain files inside the archive: absolute names, ``..``, links,
            devices. They are skipped.
    """

    raw: BinaryIO | io.RawIOBase
    total: int | None = None
    with_md5: bool = False
    refused: int = 0
    _meter: "_Meter" = field(init=False)
    _last: str = ""

    def __post_init__(self) -> None:
        """Put the meter before the raw bytes."""
        self._meter = _Meter(
            self.raw, hashlib.md5(usedforsecurity=False) if self.with_md5 else None
        )

    @property
    def bytes_read(self) -> int:
        """Bytes of the archive, as it is stored, that have passed."""
        return self._meter.count

    def md5(self) -> str:
        """Return the md5 of what has passed; all of it, once ``members`` is exhausted."""
        return self._meter.md5.hexdigest() if self._meter.md5 is not None else ""

    def members(self) -> Iterator[Member]:
        """Yield the regular files; a member must be read before the next is taken.

        Raises:
            ArchiveDamaged: here or from a member's ``read``: the stream breaks off, or isn't what
                a tar or tar.gz would be.
        """
        with self._broken_as_damage():
            head = self._meter.read(_BLOCK)
            source: _Source = _Pushed(head, self._meter)
            if head.startswith(_GZIP):
                source = _Gunzip(source)
            tape = _Tape(source)
            for info in _headers(tape):
                if _stays_inside(info):
                    self._last = info.name
                    yield Member(info.name, info.size, self._reader(tape, info))
                elif not info.isdir():
                    self.refused += 1
            while source.read(_CHUNK):
                pass  # a gzip has its checksum at the end, and MD5 covers every byte

    def _reader(self, tape: "_Tape", info: tarfile.TarInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            with self._broken_as_damage():
                tape.seek(info.offset_data)
                data = tape.read(info.size)
                if len(data) != info.size:
                    raise EOFError("the archive ends within a file: it is cut off")
                return data

        return read

    @contextmanager
    def _broken_as_damage(self) -> Iterator[None]:
        try:
            yield
        except _BROKEN as error:
            of_total = f" of {self.total:,}" if self.total is not None else ""
            after = f", in or after {self._last!r}" if self._last else ""
            problem = str(error) or type(error).__name__
            raise ArchiveDamaged(
                f"{problem}; read {self.bytes_read:,}{of_total} bytes{after}"
            ) from None


def _headers(tape: "_Tape") -> Iterator[tarfile.TarInfo]:
    try:
        opened = tarfile.TarFile(
            fileobj=tape,  # type: ignore[arg-type]
            mode="r",
            tarinfo=BoundedTarInfo,
            errorlevel=2,
        )
    except tarfile.ReadError as error:
        raise tarfile.ReadError(f"neither a tar nor a tar.gz ({error})") from None
    with opened:
        yield from headers(opened)
    # tarfile reports no error at a broken header or a missing end mark: it stops as at the end.
    if len(tape.last_block) < _BLOCK:
        raise EOFError("the archive ends without its end mark: it is cut off")
    if any(tape.last_block):
        raise tarfile.ReadError("no member header where one should be: the archive is damaged")


def _stays_inside(info: tarfile.TarInfo) -> bool:
    path = PurePosixPath(info.name)
    return (
        info.isreg() and not info.issparse() and not path.is_absolute() and ".." not in path.parts
    )


class _Meter:
    """Counts, and hashes, what is read."""

    def __init__(self, raw: _Source | BinaryIO | io.RawIOBase, md5: "hashlib._Hash | None") -> None:
        self._raw = raw
        self.md5 = md5
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._raw.read(size) or b""
        self.count += len(data)
        if self.md5 is not None:
            self.md5.update(data)
        return data


class _Pushed:
    """A stream whose first bytes were already read."""

    def __init__(self, head: bytes, rest: _Source) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._rest.read(size)


class _Gunzip:
    """Decompresses gzip members one after the other; zlib checks their length and checksum."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._zlib = zlib.decompressobj(wbits=31)
        self._fresh = True
        self._ended = False

    def read(self, size: int) -> bytes:
        while not self._ended:
            pending = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
            if self._zlib.eof:
                self._zlib, self._fresh = zlib.decompressobj(wbits=31), True
            if self._fresh:
                pending = pending.lstrip(b"\0")  # tapes are padded
            pending = pending or self._source.read(_CHUNK)
            if not pending:
                self._ended = True
                if not self._fresh:
                    raise EOFError("the compressed data end early: the archive is cut off")
                return b""
            if self._fresh and not pending.strip(b"\0"):
                continue
            self._fresh = False
            data = self._zlib.decompress(pending, size)
            if data:
                return data
        return b""


class _Tape:
    """A forward-only stream with the methods of a file that tarfile calls."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._buffer = memoryview(b"")
        self._position = 0
        self.last_block = b""
        self.name = "stream"
        self.mode = "rb"

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        if position < self._position:
            raise tarfile.ReadError("a member that points backwards")
        while self._position < position:
            if not self._take(min(_CHUNK, position - self._position)):
                raise EOFError("the archive ends within a file: it is cut off")

    def read(self, size: int) -> bytes:
        if size > _MAX_READ:
            raise tarfile.ReadError(f"a member that claims {size:,} bytes")
        parts = []
        while size > 0 and (part := self._take(size)):
            parts.append(bytes(part))
            size -= len(part)
        data = b"".join(parts)
        self.last_block = data
        return data

    def close(self) -> None:
        """Leave the stream to its owner."""

    def _take(self, size: int) -> memoryview:
        if not self._buffer:
            self._buffer = memoryview(self._source.read(_CHUNK))
        part, self._buffer = self._buffer[:size], self._buffer[size:]
        self._position += len(part)
        return part
