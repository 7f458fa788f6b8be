"""Memory that has run out is told from other errors, and what it was too small for is named."""

import errno
import pickle

import numpy as np
import pytest
import torch

from colorfiles.errors import ColorfilesError, OutOfMemory, is_out_of_memory, out_of_memory_context


@pytest.mark.parametrize("library", [np, torch])
def test_a_library_that_gets_no_memory_is_known_by_its_words(library: object) -> None:
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        library.ones((1 << 50,))  # type: ignore[attr-defined]
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    ("error", "is_it"),
    [
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError("out of memory error when reading image file"), True),  # Pillow's
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (SystemError("error return without exception set"), True),
        (OSError(errno.ENOENT, "No such file", "bad_alloc.jpg"), False),
        (ColorfilesError("out of memory.jpg: not a photo"), False),
        (ValueError("a photo"), False),
    ],
)
def test_nothing_else_passes_for_it(error: Exception, is_it: bool) -> None:
    assert is_out_of_memory(error) == is_it


def test_what_memory_was_too_small_for_is_named_once() -> None:
    with pytest.raises(OutOfMemory, match=r"^a\.jpg: no memory left for it; "):
        _decode_without_memory()
    with pytest.raises(ValueError, match="other"), out_of_memory_context("a.jpg"):
        raise ValueError("other")


def _decode_without_memory() -> None:
    with out_of_memory_context("folder"), out_of_memory_context("a.jpg"):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")


def test_it_comes_back_from_a_worker_as_it_was() -> None:
    error = OutOfMemory("a.jpg: no memory")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
