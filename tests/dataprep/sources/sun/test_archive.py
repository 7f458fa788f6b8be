"""Archives are read once, from front to end, and trusted with nothing."""

import gzip
import hashlib
import io
import random
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from dataprep.sources.sun.archive import ArchiveDamaged, StreamedArchive

PHOTOS = {f"SUN397/b/beach/sun_{letter * 16}.jpg": letter.encode() * 3000 for letter in "abcdefgh"}


def tar_of(files: dict[str, bytes], format_: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def read_all(data: bytes) -> tuple[dict[str, bytes], str]:
    """What an archive gives, and what it says of its damage."""
    archive = StreamedArchive(io.BytesIO(data), total=len(data))
    found = {}
    try:
        for member in archive.members():
            found[member.name] = member.read()
    except ArchiveDamaged as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_every_format_gives_every_file(format_: int, compress: Callable[[bytes], bytes]) -> None:
    files = dict(PHOTOS)
    if format_ != tarfile.USTAR_FORMAT:
        files["SUN397/b/beach/" + "ü" * 200 + ".jpg"] = b"long name"
    assert read_all(compress(tar_of(files, format_))) == (files, "")


def test_concatenated_and_padded_gzip_is_one_stream() -> None:
    data = tar_of(PHOTOS)
    parts = gzip.compress(data[:7000]) + gzip.compress(data[7000:]) + b"\0" * 1000
    assert read_all(parts) == (PHOTOS, "")


def test_members_need_not_be_read() -> None:
    archive = StreamedArchive(io.BytesIO(tar_of(PHOTOS)))
    assert [member.name for member in archive.members()] == list(PHOTOS)


def test_md5_is_that_of_the_whole_file() -> None:
    data = gzip.compress(tar_of(PHOTOS))
    archive = StreamedArchive(io.BytesIO(data), with_md5=True)
    for _ in archive.members():
        pass
    assert archive.md5() == hashlib.md5(data).hexdigest()
    assert archive.bytes_read == len(data)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_wherever_it_is_cut_off_it_says_so_and_gives_what_was_whole(
    compress: Callable[[bytes], bytes],
) -> None:
    rng = random.Random(0)
    body = {name: rng.randbytes(3000) for name in PHOTOS}
    data = compress(tar_of(body))
    end = len(body) * (512 + 3072)  # headers and padded files; the end mark follows
    cuts = [*range(0, len(data), 997), end, end + 100, len(data) - 1]
    before = 0
    for cut in sorted(cut for cut in cuts if cut < len(data)):
        found, damage = read_all(data[:cut])
        if compress is bytes and cut >= end + 512:
            assert (found, damage) == (body, "")  # one block of zeros ends a tar
            continue
        assert damage, cut
        assert found.items() <= body.items()
        assert len(found) >= before
        before = len(found)
        assert f"of {cut:,} bytes" in damage
    assert before >= len(body) - 1


def test_it_names_the_member_after_which_it_broke() -> None:
    data = tar_of(PHOTOS)
    found, damage = read_all(data[: 3 * 3584 + 100])
    assert len(found) == 3
    assert f"{'c' * 16}.jpg" in damage


def test_a_broken_header_is_not_taken_for_the_end() -> None:
    data = bytearray(tar_of(PHOTOS))
    data[4 * 3584 + 148] ^= 0xFF  # the checksum of the fifth header
    found, damage = read_all(bytes(data))
    assert len(found) == 4
    assert "no member header" in damage


def test_a_flipped_bit_in_a_gzip_is_noticed() -> None:
    rng = random.Random(1)
    data = bytearray(gzip.compress(tar_of({name: rng.randbytes(3000) for name in PHOTOS})))
    for position in rng.sample(range(10, len(data)), 60):
        flipped = bytearray(data)
        flipped[position] ^= 1 << rng.randrange(8)
        assert read_all(bytes(flipped))[1], position


@pytest.mark.parametrize(
    "data", [b"", b"x", b"not an archive" * 100, gzip.compress(b"hello", mtime=0), b"PK\3\4"]
)
def test_what_is_no_archive_is_said_to_be_none(data: bytes) -> None:
    found, damage = read_all(data)
    assert not found
    assert "neither a tar nor a tar.gz" in damage


def test_members_that_lead_out_or_are_no_files_are_skipped_and_counted() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("/b/beach/abs.jpg", "../b/beach/up.jpg", "SUN397/../../b/beach/x.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 4
            tar.addfile(info, io.BytesIO(b"evil"))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"SUN397/b/beach/{kind!r}.jpg")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        folder = tarfile.TarInfo("SUN397")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        good = tarfile.TarInfo("SUN397/b/beach/good.jpg")
        good.size = 4
        tar.addfile(good, io.BytesIO(b"good"))
    archive = StreamedArchive(io.BytesIO(buffer.getvalue()))
    assert [member.name for member in archive.members()] == ["SUN397/b/beach/good.jpg"]
    assert archive.refused == 7


def with_size(header: bytes, size: bytes) -> bytes:
    """A member header that claims another size, its checksum mended."""
    block = bytearray(header)
    block[124:136] = size
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


@pytest.mark.parametrize(
    "size",
    [b"\x80" + b"\xff" * 11, b"\xff" * 12, b"\x80" + b"\0" * 3 + b"\x7f" * 8, b"77777777777\0"],
    ids=["huge", "negative", "beyond 64 bits", "8 GB"],
)
@pytest.mark.parametrize("kind", [b"0", b"L", b"x", b"g"])
def test_a_forged_size_neither_hangs_nor_fills_the_memory(size: bytes, kind: bytes) -> None:
    data = bytearray(tar_of(PHOTOS))
    data[156:157] = kind
    data[:512] = with_size(bytes(data[:512]), size)
    tracemalloc.start()
    found, damage = read_all(bytes(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert damage
    assert not found
    assert peak < 300 << 20


def test_a_long_chain_of_long_names_does_not_crash() -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1
    link = info.tobuf(tarfile.GNU_FORMAT) + b"x".ljust(512, b"\0")
    found, damage = read_all(link * 5000)
    assert damage
    assert not found


def test_a_bomb_of_zeros_is_read_in_small_pieces() -> None:
    info = tarfile.TarInfo("SUN397/b/beach/bomb.jpg")
    info.size = 400 << 20
    bomb = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20), 1)
    rest = gzip.compress(bytes(1 << 20), 1) * 400
    tracemalloc.start()
    names = [member.name for member in StreamedArchive(io.BytesIO(bomb + rest)).members()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert names == ["SUN397/b/beach/bomb.jpg"]
    assert peak < 16 << 20


def test_random_bytes_never_crash_it(tmp_path: Path) -> None:
    rng = random.Random(2)
    data = tar_of(PHOTOS, tarfile.PAX_FORMAT)
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 30)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        found, _ = read_all(bytes(broken))
        assert len(found) <= len(PHOTOS)
