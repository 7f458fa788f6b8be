"""Base classes of the errors that users see, and detection of exhausted memory and threads."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from colorfiles.outside.words import shown

OUT_OF_MEMORY_HELP = "close other programs or give it less at once (--workers 1)"
OUT_OF_THREADS = (
    "no more threads or processes can be started: a limit of the system is reached "
    "(ulimit -u, ulimit -v, or that of a container); raise it, or end other programs"
)
# Messages of libraries in C and C++: torch, ONNX Runtime, the C++ library, Pillow, the linker.
_MEMORY_WORDS = (
    "allocate memory",
    "bad_alloc",
    "bad allocation",
    "out of memory",
    "not enough memory",
    "failed to map segment",
    # CPython, where C code fails without an exception, as after a failed malloc.
    "without exception set",
    "without setting an exception",
)
# Messages of Python, Arrow, the C++ library and OpenMP.
_THREAD_WORDS = (
    "can't start new thread",
    "resource temporarily unavailable",
    "launch worker thread",
    "thread creation failed",
    "pthread_create",
)


class ColorfilesError(Exception):
    """The message says what was wrong, with which item, and what to do; it is shown as it is.

    The root of every package's own error, so that each command line shows all of them alike.
    """

    exit_code = 1


class ForeignFile(ColorfilesError):
    """The file at the place of an output wasn't written by one of these commands."""

    exit_code = 3

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{shown(place)}: is there already and not a file that this command writes, so it is "
            "left alone, with --overwrite too; move it away, or name another place"
        )


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
    """Whether an error means exhausted memory; many libraries raise a class of their own."""
    if isinstance(error, MemoryError):
        return True
    return not isinstance(error, ColorfilesError) and _says(error, errno.ENOMEM, _MEMORY_WORDS)


def is_out_of_threads(error: BaseException) -> bool:
    """Whether an error means that the system starts no more threads or processes."""
    return _says(error, errno.EAGAIN, _THREAD_WORDS)


def _says(error: BaseException, number: int, words: tuple[str, ...]) -> bool:
    """Whether an error has a number of the system's or, where it has none, one of some words."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == number
    message = str(error).lower()
    return any(word in message for word in words)


def can_start_threads() -> bool:
    """Whether the system starts one more thread now."""
    try:
        thread = threading.Thread(target=lambda: None)
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


@contextmanager
def out_of_memory_context(name: str, hint: str = OUT_OF_MEMORY_HELP) -> Iterator[None]:
    """Raise OutOfMemory, with the item's name, where memory runs out in the block.

    The item isn't at fault: it must neither be skipped nor be reported as damaged.

    Args:
        name: the item that is processed.
        hint: what the user can do about it.

    Raises:
        OutOfMemory: memory ran out in the block.
    """
    try:
        yield
    except OutOfMemory:
        raise
    # Exhausted memory is a MemoryError, torch's RuntimeError, an OSError of the system or an error
    # of Arrow's or ONNX Runtime's. Whatever it isn't is raised again as it was.
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"{name}: no memory left for it; {hint}") from None
        raise
