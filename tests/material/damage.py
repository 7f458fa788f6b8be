"""Bytes as a bad disk, a cut line or a stranger leave them."""

from hypothesis import strategies as st


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """Sound bytes with some changed near the start, where headers are, or anywhere; or cut."""
    places = st.integers(0, min(64, len(sound) - 1)) | st.integers(0, len(sound) - 1)
    changes = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=6)
    return st.builds(_changed, st.just(sound), changes, st.integers(1, len(sound)) | st.none())


def _changed(sound: bytes, changes: list[tuple[int, int]], length: int | None) -> bytes:
    data = bytearray(sound)
    for at, value in changes:
        data[at] = value
    return bytes(data[:length])


def with_false_numbers(sound: bytes, marks: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Sound bytes with large or odd numbers in the headers that begin with one of ``marks``."""
    starts = [at for mark in marks for at in _places(sound, mark)]
    places = st.builds(int.__add__, st.sampled_from(starts), st.integers(0, 40))
    numbers = st.sampled_from((0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF))
    changes = st.lists(
        st.tuples(places, numbers, st.sampled_from((2, 4)), st.sampled_from(("little", "big"))),
        min_size=1,
        max_size=6,
    )
    return st.builds(_overwritten, st.just(sound), changes)


def _places(sound: bytes, mark: bytes) -> list[int]:
    return [at for at in range(len(sound)) if sound.startswith(mark, at)]


def _overwritten(sound: bytes, changes: list[tuple[int, int, int, str]]) -> bytes:
    data = bytearray(sound)
    for at, number, size, order in changes:
        data[at : at + size] = (number & (1 << 8 * size) - 1).to_bytes(size, order)
    return bytes(data[: len(sound)])
