"""Pillow without warnings, with this package's limits and one kind of error."""

import logging
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from colorfiles.errors import UnreadableImage, is_out_of_memory
from colorfiles.photos.directories import CopiedBytes

# What Pillow raises for malformed bytes, or values to write. It has no class of its own for that:
# its parsers raise whatever their code meets, and its codecs in C raise RuntimeError.
STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    EOFError,
    struct.error,
)
_lock = threading.Lock()
_inside = 0
_filters: warnings.catch_warnings | None = None
_bomb_limit: int | None = None
_load_directory = ImageFileDirectory_v2.load
_silent = logging.NullHandler()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise any error of a decoder as UnreadableImage, with a reason of one line."""
    try:
        with _quiet_pillow():
            yield
    except UnreadableImage:
        raise
    # Beside STUMBLES whatever other decoders raise: zlib.error, PyCMSError, those of plugins for
    # formats that Pillow lacks. One malformed file must not end a job of thousands.
    except Exception as error:
        if is_out_of_memory(error):  # no fault of the image
            raise MemoryError(str(error)) from None
        detail = " ".join(str(error).split())
        # The first ends with a memory address; the text of the second is a bare key.
        if "cannot identify image file" in detail or isinstance(error, LookupError):
            detail = "the header is damaged, or of a kind that isn't read"
        raise UnreadableImage(f"undecodable: {detail[:120] or type(error).__name__}") from None


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings about odd metadata off stderr, in any number of threads at once.

    The filters of ``warnings`` and Pillow's limit are global: threads that each save and restore
    them would undo each other's settings. The limit is lifted because this package has its own,
    in bytes, checked before pixels are decoded.
    """
    global _inside, _filters, _bomb_limit  # noqa: PLW0603 - so are these
    with _lock:
        _inside += 1
        if _inside == 1:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
            logging.getLogger("PIL").addHandler(_silent)
            _bomb_limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            ImageFileDirectory_v2.load = _load_bounded  # type: ignore[method-assign]
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _filters is not None:
                _filters.__exit__(None, None, None)
                Image.MAX_IMAGE_PIXELS = _bomb_limit
                ImageFileDirectory_v2.load = _load_directory  # type: ignore[method-assign]


def _load_bounded(self: ImageFileDirectory_v2, fp: IO[bytes]) -> None:
    CopiedBytes(fp).add(self)
    _load_directory(self, fp)
