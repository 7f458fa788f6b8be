"""Whatever the headers of a damaged archive say, reading it raises one of the expected errors."""

import io
import struct

import numpy as np
import pytest

from colorfiles.outside.npz import DAMAGED_NPZ


def _archive(*, method: int = 0, flags: int = 0) -> io.BytesIO:
    """Return an archive of one stored array whose headers name another method or flags."""
    out = io.BytesIO()
    np.savez(out, array=np.arange(100))
    data = bytearray(out.getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<HH", data, data.index(signature) + offset, flags, method)
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize("method", [1, 6, 8, 9, 12, 14, 93, 99, 65535])
def test_another_compression_method_is_an_expected_error(method: int) -> None:
    with pytest.raises(DAMAGED_NPZ), np.load(_archive(method=method)) as file:
        file["array"]


def test_an_entry_that_is_said_to_be_encrypted_is_an_expected_error() -> None:
    with pytest.raises(DAMAGED_NPZ), np.load(_archive(flags=1)) as file:
        file["array"]
