"""Bounded local cache of remote shards."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec

from colorfiles.files import open_own, write_atomically
from colorfiles.outside.documents import INDEX_BYTES
from trainer.errors import TrainerError

_BLOCK = 1 << 22
_TRIES = 3
_HOME = "COLORUNET_CACHE"  # environment variable: where the cache lies


def is_remote(address: str) -> bool:
    """Whether an address needs fsspec."""
    return "://" in address


def read_remote(url: str) -> bytes:
    """Return the content of a small file.

    Raises:
        TrainerError: it can't be read.
    """
    try:
        with fsspec.open(url, "rb") as file:
            data = bytes(file.read(INDEX_BYTES + 1))
        if len(data) > INDEX_BYTES:
            raise ValueError(f"larger than {INDEX_BYTES:,} bytes")
        return data
    except ImportError as error:
        raise TrainerError(f"{url}: {error}") from None
    except Exception as error:  # each file system has its own exceptions
        raise TrainerError(f"{url}: {_words(error)}") from None


def cache_folder(fingerprint: str) -> Path:
    """Return the folder where the shards of a set are kept on this machine."""
    home = os.environ.get(_HOME)
    root = Path(home) if home else Path.home() / ".cache" / "colorunet" / "shards"
    return root / fingerprint[:16]


class ShardCache:
    """Downloads shards on demand and evicts the least recently used.

    Several processes may share one folder: a shard is downloaded once, checked against its sha256
    and renamed into place. A file that is evicted stays readable for whoever has it mapped.

    Args:
        address: of the shard set.
        folder: where the files lie.
        limit_bytes: the files together stay below this, but for the one fetched last.
    """

    def __init__(self, address: str, folder: Path, *, limit_bytes: int) -> None:
        self._address = address.rstrip("/")
        self._folder = folder
        self.limit_bytes = limit_bytes
        folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, file: str, sha256: str, *, most: int | None = None) -> Path:
        """Return a shard's local path, downloading it if needed.

        ``most`` is how many bytes it may have.

        Raises:
            TrainerError: it can't be downloaded, or what came isn't what the index promises.
        """
        target = self._folder / file
        with self._locked(f"{file}.lock"):
            try:
                os.utime(target)  # used just now
            except FileNotFoundError:
                self._download(file, sha256, target, most)
        self._evict(keep=target)
        return target

    def _download(self, file: str, sha256: str, target: Path, most: int | None) -> None:
        url = f"{self._address}/{file}"
        reason = ""
        for _ in range(_TRIES):
            try:
                with write_atomically(target) as temporary:
                    digest = _copy(url, temporary, most)
                    if digest != sha256:
                        raise _Tampered(digest)
                return
            except _Tampered as error:
                reason = f"expected sha256 {sha256}, found {error}: it was changed or cut short"
            except FileNotFoundError:
                reason = "no such file, though the index names it"
                break
            except Exception as error:  # each file system has its own exceptions
                reason = _words(error)
        raise TrainerError(f"shard {file}: {reason} ({url})")

    def _evict(self, *, keep: Path) -> None:
        with self._locked("cache.lock"):
            entries = [(path, path.stat()) for path in self._folder.glob("*.tar")]
            total = sum(stat.st_size for _, stat in entries)
            for path, stat in sorted(entries, key=lambda entry: entry[1].st_mtime_ns):
                if total <= self.limit_bytes:
                    return
                if path != keep:
                    path.unlink()
                    total -= stat.st_size

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with open_own(self._folder / f".{name}", append=True) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class _Tampered(Exception):
    pass


def _copy(url: str, target: Path, most: int | None) -> str:
    digest, size = hashlib.sha256(), 0
    with fsspec.open(url, "rb") as source, target.open("wb") as copy:
        while block := source.read(_BLOCK):
            digest.update(block)
            copy.write(block)
            size += len(block)
            if most is not None and size > most:  # a server may send without end
                raise _Tampered(f"more than {most:,} bytes")
    return digest.hexdigest()


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
