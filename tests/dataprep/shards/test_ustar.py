import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataprep.shards.ustar import TarWriter, member_header

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=100)


def by_tarfile(members: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o444
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@given(names, st.integers(0, (1 << 33) - 1))
def test_a_header_is_the_one_that_tarfile_makes(name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o444
    assert member_header(name, size) == info.tobuf(tarfile.USTAR_FORMAT)


@given(st.lists(st.tuples(names, st.binary(max_size=2000)), max_size=20))
def test_an_archive_is_the_one_that_tarfile_makes(members: list[tuple[str, bytes]]) -> None:
    buffer = io.BytesIO()
    writer = TarWriter(buffer)
    for name, data in members:
        writer.add(name, data)
    writer.finish()
    assert buffer.getvalue() == by_tarfile(members)
    assert writer.size == len(buffer.getvalue())


@pytest.mark.parametrize("length", [100, 101, 140])
def test_a_long_name_comes_back_whole(length: int) -> None:
    buffer = io.BytesIO()
    writer = TarWriter(buffer)
    writer.add("k" * length, b"data")
    writer.finish()
    with tarfile.open(fileobj=io.BytesIO(buffer.getvalue())) as archive:
        (member,) = archive.getmembers()
        assert (member.name, member.mtime, member.mode) == ("k" * length, 0, 0o444)
