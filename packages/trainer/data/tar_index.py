"""Offsets of the members of a shard, to read any sample without unpacking."""

import mmap
import os
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from webdataset.tariterators import group_by_keys

from colorfiles.outside.files import open_regular
from colorfiles.outside.tars import headers, open_tar
from trainer.errors import BadShard


class TarShard:
    """A local shard under a memory map: its keys in order, and the bytes of each member.

    Grouping members into samples follows webdataset's own rule (the key ends at the first dot).
    The map is opened on first use in each process; what travels to a worker is the index alone.

    Raises:
        BadShard: the file is missing, not a tar, or has another size or number of samples than
            ``expected_bytes`` and ``expected_samples`` say (0: unknown).
    """

    def __init__(self, path: Path, *, expected_bytes: int = 0, expected_samples: int = 0) -> None:
        self.path = path
        self._name = path.name
        self._map: mmap.mmap | None = None
        self._check_size(expected_bytes)
        self.keys: list[str] = []
        self._members: list[dict[str, tuple[int, int]]] = []
        try:
            for sample in group_by_keys(_member_places(self._open(), str(path))):
                self.keys.append(sample["__key__"])
                self._members.append(
                    {name: place for name, place in sample.items() if not name.startswith("__")}
                )
        except FileNotFoundError:
            raise self._missing() from None
        except OSError as error:
            raise BadShard(f"shard {path.name}: {error.strerror or error}; copy it again") from None
        except (tarfile.TarError, ValueError) as error:
            raise BadShard(
                f"shard {path.name}: not a whole tar ({error}); write it again"
            ) from None
        if expected_samples and len(self.keys) != expected_samples:
            raise BadShard(
                f"shard {path.name}: expected {expected_samples} samples, found {len(self.keys)} "
                f"(the last is {self.keys[-1] if self.keys else 'none'}); write or copy it again"
            )

    def __len__(self) -> int:
        return len(self.keys)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_map": None}

    def read(self, number: int, *, leave_out: Collection[str] = ()) -> dict[str, Any]:
        """Return sample ``number`` as webdataset has it: ``__key__``, ``__url__`` and members.

        Members named in ``leave_out`` aren't touched.
        """
        data = self._map or self._open()
        sample: dict[str, Any] = {"__key__": self.keys[number], "__url__": self._name}
        for name, (offset, size) in self._members[number].items():
            if name not in leave_out:
                sample[name] = data[offset : offset + size]
        return sample

    def close(self) -> None:
        """Close the memory map; the next read opens it again."""
        if self._map is not None:
            self._map.close()
            self._map = None

    def _check_size(self, expected_bytes: int) -> None:
        try:
            with open_regular(self.path, within=self.path.parent) as file:
                size = os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            raise self._missing() from None
        except OSError as error:
            raise BadShard(f"shard {self.path.name}: {error.strerror}; copy it there") from None
        if size == 0 or (expected_bytes and size != expected_bytes):
            raise BadShard(
                f"shard {self.path.name}: expected {expected_bytes or 'some'} bytes, "
                f"found {size}: it was cut short or changed; write or copy it again"
            )

    def _missing(self) -> BadShard:
        return BadShard(
            f"shard {self.path.name}: the index names it but it isn't in {self.path.parent}; "
            "copy it there or write the shard set again"
        )

    def _open(self) -> mmap.mmap:
        with open_regular(self.path, within=self.path.parent) as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._map


def _member_places(data: mmap.mmap, url: str) -> Iterator[dict[str, Any]]:
    data.seek(0)
    with open_tar(data, "r:") as tar:
        for member in headers(tar):
            if member.isreg():
                if member.offset_data + member.size > len(data):
                    raise tarfile.ReadError(f"{member.name!r} ends beyond the archive")
                place = (member.offset_data, member.size)
                yield {"fname": member.name, "data": place, "__url__": url}
