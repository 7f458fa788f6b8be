"""Temporary store of photos sampled from a stream."""

import shutil
from collections import OrderedDict
from pathlib import Path
from types import TracebackType

from dataprep.errors import DataprepError
from dataprep.photos.rows import Photo

MEMORY_BYTES = 32 << 20


class Spool:
    """Holds photos by key: recent classes in memory, others on disk.

    Archives are ordered by class, so nearly always a class is complete while it is in memory, and
    displaced photos are never written to disk.
    """

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._held: OrderedDict[str, dict[str, bytes]] = OrderedDict()
        self._size = 0
        shutil.rmtree(folder, ignore_errors=True)  # what a killed run left

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, photo: Photo, data: bytes) -> None:
        """Store a photo's bytes."""
        self._held.setdefault(photo.class_name, {})[photo.key] = data
        self._held.move_to_end(photo.class_name)
        self._size += len(data)
        while self._size > self._memory_bytes and self._held:
            _, oldest = self._held.popitem(last=False)
            if self._folder.is_symlink():
                raise DataprepError(f"{self._folder}: a link; delete it")
            self._folder.mkdir(exist_ok=True)
            for key, content in oldest.items():
                (self._folder / key).write_bytes(content)
                self._size -= len(content)

    def drop(self, photo: Photo) -> None:
        """Delete a photo; one that isn't held is ignored."""
        data = self._held.get(photo.class_name, {}).pop(photo.key, None)
        if data is None:
            (self._folder / photo.key).unlink(missing_ok=True)
        else:
            self._size -= len(data)

    def take(self, photo: Photo) -> bytes | None:
        """Remove and return a photo's bytes; None without it."""
        data = self._held.get(photo.class_name, {}).pop(photo.key, None)
        path = self._folder / photo.key
        if data is not None:
            self._size -= len(data)
        elif path.is_file():
            data = path.read_bytes()
            path.unlink()
        return data
