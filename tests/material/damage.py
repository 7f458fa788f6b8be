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
