"""Tar archives that were made to stop, fill or lead astray whoever reads them."""

import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from colorfiles.engines.local import LocalEngine
from colorfiles.errors import ColorfilesError
from dataprep.sources.sun.archive import ArchiveDamaged, StreamedArchive
from dataprep.verification.job import verify_shards
from trainer.data.tar_index import TarShard
from trainer.errors import BadShard

_SOON_S = 20  # the machine may be busy; unbounded, each of these takes minutes or for ever


def _header(kind: bytes, size: int, name: str = "a-v0.y.jpg") -> bytes:
    info = tarfile.TarInfo(name)
    info.type = kind
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


_END = bytes(1024)
_FILE = _header(b"0", 5) + _padded(b"hello")


def _pax(content: bytes) -> bytes:
    return _header(b"x", len(content)) + _padded(content)


ARCHIVES: dict[str, bytes] = {
    "pax of 300,000 digits": _pax(b"1" * 300_000) + _FILE + _END,
    "global pax of 300,000 digits": _header(b"g", 300_000) + _padded(b"1" * 300_000) + _FILE + _END,
    "a pax header for each member": b"".join(_pax(b"1" * 4_000) for _ in range(200)) + _FILE + _END,
    "size near 2^63": _header(b"0", 2**63 - 1) + _END,
    "size near 2^80": _header(b"0", 2**80) + _END,
    "pax size near 2^63": _pax(b"31 size=9223372036854775807000\n") + _FILE + _END,
    "pax size below 0": _pax(b"11 size=-9\n") + _FILE + _END,
    "old sparse": _header(b"S", 5) + _padded(b"hello") + _END,
    "pax sparse 1.0": _pax(b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n") + _FILE + _END,
    "pax sparse 0.1": _pax(b"22 GNU.sparse.map=0,5\n") + _FILE + _END,
    "GNU name of 1 GB": _header(b"L", 1 << 30) + _END,
    "GNU names in a chain": _header(b"L", 9) * 3_000 + _END,
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_a_stream_with_it_is_damaged_soon(what: str) -> None:
    started = time.monotonic()
    with pytest.raises(ArchiveDamaged):
        [member.read() for member in StreamedArchive(io.BytesIO(ARCHIVES[what])).members()]
    assert time.monotonic() - started < _SOON_S


@pytest.mark.parametrize("what", ARCHIVES)
def test_a_shard_with_it_is_told_of_soon(
    what: str, tmp_path: Path, make_shards: Callable[..., Path]
) -> None:
    shards = make_shards(tmp_path / "shards", train=(1,), val=())
    tar = shards / "train-000000.tar"
    tar.write_bytes(ARCHIVES[what])
    index = json.loads((shards / "index.json").read_text())
    index["shardlist"][0]["bytes"] = len(ARCHIVES[what])
    (shards / "index.json").write_text(json.dumps(index))
    started = time.monotonic()
    with pytest.raises(BadShard, match=r"train-000000\.tar"):
        TarShard(tar)
    found = verify_shards(str(shards), engine=LocalEngine(1))
    assert not found.sound
    assert any("not a whole tar" in fault.what for fault in found.faults)
    assert time.monotonic() - started < 2 * _SOON_S


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, b"3", b"4"])
def test_links_and_devices_in_a_shard_are_never_read(
    kind: bytes, tmp_path: Path, make_shards: Callable[..., Path]
) -> None:
    shards = make_shards(tmp_path / "shards", train=(1,), val=())
    tar = shards / "train-000000.tar"
    info = tarfile.TarInfo("demo-x-v0.y.jpg")
    info.type, info.linkname = kind, "/etc/passwd"
    tar.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + tar.read_bytes())
    assert TarShard(tar).keys == ["demo-train0x0-v0"]
    found = verify_shards(str(shards), engine=LocalEngine(1))
    assert not found.sound


def test_the_error_of_a_command_is_one_line(tmp_path, run, one_line) -> None:
    archive = tmp_path / "SUN397.tar"
    archive.write_bytes(ARCHIVES["pax of 300,000 digits"])
    done = run("dataprep", "fetch-sun", archive, "--classes", "all", "--out", tmp_path / "photos")
    assert "an extended header of 300,000 bytes" in one_line(done)


def test_an_ordinary_archive_with_long_names_is_read(tmp_path: Path) -> None:
    for style in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        path = tmp_path / f"{style}.tar"
        with tarfile.open(path, "w", format=style) as tar:
            info = tarfile.TarInfo("SUN397/" + "long/" * 60 + "photo.jpg")
            info.size = 5
            tar.addfile(info, io.BytesIO(b"hello"))
        with path.open("rb") as file:
            (member,) = StreamedArchive(file).members()
        assert member.name.endswith("photo.jpg")
    assert issubclass(BadShard, ColorfilesError)
