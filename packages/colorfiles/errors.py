"""What can go wrong for a user, in whatever part of the house."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

OUT_OF_MEMORY_HELP = "close other programs or give it less at once (--workers 1)"
# What libraries in C and C++ say: torch, ONNX Runtime, the C++ library, Pillow, the linker.
_WORDS = (
    "allocate memory",
    "bad_alloc",
    "bad allocation",
    "out of memory",
    "not enough memory",
    "failed to map segment",
)


class ColorfilesError(Exception):
    """The message says what was wrong, with which item, and what to do; it is shown as it is.

    The root of every package's own error, so that each command line shows all of them alike.
    """


class Interrupted(ColorfilesError):
    """The user asked a command to stop."""

    def __init__(self) -> None:
        super().__init__("interrupted; what is finished stays, the same command may be run again")


class UnreadableImage(ColorfilesError):
    """An image that can't be used; the message is the reason, without the file's name.

    A reason starts with a fixed phrase to count by, then may give details after a colon:
    ``undecodable: not a known image``, ``too many pixels: …``, ``too small: 87 x 65``.
    """

    @property
    def reason(self) -> str:
        """The reason, for a manifest or a line on stderr."""
        return str(self)


class OutOfMemory(ColorfilesError, MemoryError):
    """No memory was left for something; the message names it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that no memory is left: many libraries have a class of their own."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    if isinstance(error, ColorfilesError):
        return False
    words = str(error).lower()
    return any(word in words for word in _WORDS)


@contextmanager
def memory_for(name: str, way_out: str = OUT_OF_MEMORY_HELP) -> Iterator[None]:
    """Name what is worked on in the error of memory that runs out.

    A photo isn't at fault then: it must neither be left out nor pass for damaged.

    Raises:
        OutOfMemory: no memory was left in the block.
    """
    try:
        yield
    except OutOfMemory:
        raise
    except Exception as error:  # raised again, under another name where memory ran out
        if is_out_of_memory(error):
            raise OutOfMemory(f"{name}: no memory left for it; {way_out}") from None
        raise
