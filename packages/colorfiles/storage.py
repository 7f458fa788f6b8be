"""Folders on a local path or at an address that fsspec supports: s3://, gs://, hf://…"""

import errno
import io
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from colorfiles.errors import ColorfilesError
from colorfiles.files import discard, require_writable, write_atomically
from colorfiles.outside.files import is_inside, open_regular, read_regular

_SILENCE = logging.NullHandler()  # once added, adding it again does nothing
MOST_AT_ONCE = 512 << 20  # bytes: no file that is read whole is longer


@dataclass(frozen=True)
class Storage:
    """A folder of files, local or remote; small enough to be sent to any worker.

    Only regular files inside it are read: FIFOs and symbolic links that lead out are refused.

    Args:
        address: a local path, or an address with a scheme such as ``s3://bucket/folder``.
    """

    address: str

    @cached_property
    def local(self) -> Path | None:
        """The folder's path where it is local."""
        if "://" not in self.address:
            return Path(self.address)
        if self.address.startswith("file://"):
            return Path(self.address.removeprefix("file://"))
        return None

    def absolute(self) -> "Storage":
        """Return the same folder with an absolute path or address."""
        return self if self.local is None else Storage(str(self.local.absolute()))

    def at(self, name: str) -> str:
        """Return the address of a file in the folder."""
        if self.local is not None:
            return str(self.local / name)
        return f"{self.address.rstrip('/')}/{name}"

    def names(self) -> list[str]:
        """Return the names of the files directly in the folder, sorted; none where it is absent."""
        if self.local is not None:
            if not self.local.is_dir():
                return []
            return sorted(entry.name for entry in os.scandir(self.local) if entry.is_file())
        with self._remote() as (filesystem, root):
            try:
                listing = filesystem.ls(root, detail=True, refresh=True)
            except FileNotFoundError:
                return []
        # Object stores list a folder itself as an empty file of its own name.
        files = (entry for entry in listing if entry["type"] == "file")
        return sorted(
            name for entry in files if (name := entry["name"].rstrip("/").rpartition("/")[2])
        )

    def exists(self, name: str) -> bool:
        """Whether the folder has a file of this name."""
        if self.local is not None:
            return (self.local / name).is_file()
        with self._remote() as (filesystem, root):
            return bool(filesystem.exists(f"{root}/{name}"))

    def size(self, name: str) -> int:
        """Return the bytes of a file; FileNotFoundError where it is absent."""
        if self.local is not None:
            return (self.local / name).stat().st_size
        with self._remote() as (filesystem, root):
            return int(filesystem.size(f"{root}/{name}"))

    def read(self, name: str, *, most: int = MOST_AT_ONCE) -> bytes:
        """Return the whole of a file of at most ``most`` bytes; OSError where that fails."""
        if self.local is not None:
            return read_regular(self.local / name, most=most, within=self.local)
        with self._remote() as (filesystem, root):
            # Photos are many, and asking for the size of each would double the requests.
            if most < MOST_AT_ONCE and filesystem.size(f"{root}/{name}") > most:
                raise OSError(errno.EINVAL, f"larger than {most:,} bytes", self.at(name))
            return bytes(filesystem.cat_file(f"{root}/{name}"))

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Give a readable, seekable stream of a file; OSError where that fails."""
        if self.local is not None:
            with open_regular(self.local / name, within=self.local) as file:
                yield file
            return
        with self._remote() as (filesystem, root):
            stream = filesystem.open(f"{root}/{name}", "rb")
        with stream, io.BufferedReader(_RemoteFile(self, stream)) as file:
            yield file

    def write(self, name: str, data: bytes) -> None:
        """Write a file atomically."""
        with self.stage(name) as path:
            path.write_bytes(data)

    @contextmanager
    def stage(self, name: str) -> Iterator[Path]:
        """Give a local path to write to; the file is published when the block succeeds.

        Locally that is a rename within the folder, remotely one upload; object stores show an
        upload only when it is whole.
        """
        if self.local is not None:
            if not is_inside(self.local / name, self.local):
                raise OSError(errno.EINVAL, "leads out of its folder", self.at(name))
            with write_atomically(self.local / name) as path:
                yield path
            return
        with TemporaryDirectory(prefix="colorunet-") as folder:
            path = Path(folder) / name
            yield path
            with self._remote() as (filesystem, root):
                filesystem.put_file(str(path), f"{root}/{name}")

    def delete(self, name: str) -> None:
        """Delete a file if it is there."""
        if self.local is not None:
            discard(self.local / name)
            return
        with self._remote() as (filesystem, root):
            if filesystem.exists(f"{root}/{name}"):
                filesystem.rm_file(f"{root}/{name}")

    def make(self) -> None:
        """Create the folder if it is missing, and check that it is writable.

        Raises:
            ColorfilesError: it can't be.
        """
        try:
            if self.local is not None:
                self.local.mkdir(parents=True, exist_ok=True)
                require_writable(self.local)
            else:
                probe = f".colorunet.{secrets.token_hex(8)}.tmp"
                self.write(probe, b"")
                self.delete(probe)
        except OSError as error:
            raise ColorfilesError(
                f"{self.address}: can't be written to ({error.strerror or error}); "
                "name an output folder that can be"
            ) from None

    def free_bytes(self) -> int | None:
        """Return the free space of a local folder's disk."""
        return shutil.disk_usage(self.local).free if self.local is not None else None

    @contextmanager
    def _remote(self) -> Iterator[tuple[Any, str]]:
        """Give the filesystem and the folder's path; every failure is an OSError."""
        import fsspec  # noqa: PLC0415 - local folders need no fsspec

        # After a lost connection each pending request would print a traceback.
        logging.getLogger("asyncio").addHandler(_SILENCE)
        try:
            filesystem, root = fsspec.core.url_to_fs(self.address)
        except (ImportError, ValueError) as error:
            raise ColorfilesError(f"{self.address}: {error}") from None
        try:
            yield filesystem, root.rstrip("/")
        except OSError as error:
            if error.strerror is None:
                error.args = (error.errno or errno.EIO, " ".join(str(error).split()), self.address)
            raise
        # For an absent server or a refusal each client library raises classes of its own
        # (aiohttp, botocore, Google's), which have Exception alone in common.
        except Exception as error:
            raise OSError(errno.EIO, " ".join(str(error).split()), self.address) from error


class _RemoteFile(io.RawIOBase):
    """A remote file being read: errors of the library become OSError."""

    def __init__(self, storage: Storage, stream: Any) -> None:
        self._storage = storage
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def readinto(self, buffer: Any) -> int:
        with self._storage._remote():
            return int(self._stream.readinto(buffer))
