"""Errors that NumPy and zipfile raise for a damaged ``.npz`` archive."""

import struct
import zipfile
import zlib

try:
    from lzma import LZMAError
except ImportError:  # Python without liblzma, whose zipfile raises RuntimeError
    LZMAError = RuntimeError  # type: ignore[misc, assignment]

# RuntimeError: an unknown compression method, or a flag that says it is encrypted.
DAMAGED_NPZ: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    LZMAError,
)
