"""Folders at a local path or at any address that fsspec knows: s3://, gs://, hf://…"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from dataprep.errors import DataprepError
from dataprep.files import discard, write_atomically


@dataclass(frozen=True)
class Storage:
    """A folder of files, local or remote; small enough to be sent to any worker.

    Args:
        address: a local path, or an address with a scheme such as ``s3://bucket/folder``.
    """

    address: str

    @property
    def local(self) -> Path | None:
        """The folder's path where it is local."""
        if "://" not in self.address:
            return Path(self.address)
        if self.address.startswith("file://"):
            return Path(self.address.removeprefix("file://"))
        return None

    def absolute(self) -> "Storage":
        """Return the same folder by an address that holds in any working directory."""
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
        filesystem, root = self._remote()
        try:
            found = filesystem.ls(root, detail=True, refresh=True)
        except FileNotFoundError:
            return []
        # Object stores list a folder itself as an empty file of its own name.
        files = (entry for entry in found if entry["type"] == "file")
        return sorted(
            name for entry in files if (name := entry["name"].rstrip("/").rpartition("/")[2])
        )

    def exists(self, name: str) -> bool:
        """Whether the folder has a file of this name."""
        if self.local is not None:
            return (self.local / name).is_file()
        filesystem, root = self._remote()
        return bool(filesystem.exists(f"{root}/{name}"))

    def size(self, name: str) -> int:
        """Return the bytes of a file; FileNotFoundError where it is absent."""
        if self.local is not None:
            return (self.local / name).stat().st_size
        filesystem, root = self._remote()
        return int(filesystem.size(f"{root}/{name}"))

    def read(self, name: str) -> bytes:
        """Return the whole of a file; OSError where that fails."""
        if self.local is not None:
            return (self.local / name).read_bytes()
        filesystem, root = self._remote()
        return bytes(filesystem.cat_file(f"{root}/{name}"))

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Give a readable, seekable stream of a file; OSError where that fails."""
        if self.local is not None:
            with (self.local / name).open("rb") as file:
                yield file
            return
        filesystem, root = self._remote()
        with filesystem.open(f"{root}/{name}", "rb") as remote_file:
            yield remote_file

    def write(self, name: str, data: bytes) -> None:
        """Store a file so that it is either whole or not there."""
        with self.stage(name) as path:
            path.write_bytes(data)

    @contextmanager
    def stage(self, name: str) -> Iterator[Path]:
        """Give a local path to write to; the file gets its name when the block ends well.

        Locally that is a rename within the folder, remotely one upload; object stores show an
        upload only when it is whole.
        """
        if self.local is not None:
            with write_atomically(self.local / name) as path:
                yield path
            return
        filesystem, root = self._remote()
        with TemporaryDirectory(prefix="dataprep-") as folder:
            path = Path(folder) / name
            yield path
            filesystem.put_file(str(path), f"{root}/{name}")

    def delete(self, name: str) -> None:
        """Delete a file if it is there."""
        if self.local is not None:
            discard(self.local / name)
            return
        filesystem, root = self._remote()
        if filesystem.exists(f"{root}/{name}"):
            filesystem.rm_file(f"{root}/{name}")

    def make(self) -> None:
        """Make the folder where it is missing, and check that it can be written to.

        Raises:
            DataprepError: it can't be.
        """
        probe = ".write-probe.tmp"
        try:
            if self.local is not None:
                self.local.mkdir(parents=True, exist_ok=True)
                (self.local / probe).write_bytes(b"")
            else:
                self.write(probe, b"")
            self.delete(probe)
        except OSError as error:
            raise DataprepError(
                f"{self.address}: can't be written to ({error.strerror or error}); "
                "name an output folder that can be"
            ) from None

    def free_bytes(self) -> int | None:
        """Return the free space of a local folder's disk."""
        return shutil.disk_usage(self.local).free if self.local is not None else None

    def _remote(self) -> tuple[Any, str]:
        import fsspec  # noqa: PLC0415 - local folders need no fsspec

        try:
            filesystem, root = fsspec.core.url_to_fs(self.address)
        except (ImportError, ValueError) as error:
            raise DataprepError(f"{self.address}: {error}") from None
        return filesystem, root.rstrip("/")
