"""The near-duplicate index finds what comparing every pair finds."""

from hypothesis import given
from hypothesis import strategies as st

from dataprep.photos.duplicates import NEAR_BITS, NearDuplicateIndex

hashes = st.integers(0, 2**64 - 1)


@given(hashes, st.lists(st.lists(st.integers(0, 63), max_size=12), max_size=20), st.integers(0, 10))
def test_it_finds_what_brute_force_finds(
    center: int, flips: list[list[int]], max_bits: int
) -> None:
    index = NearDuplicateIndex(max_bits)
    values = []
    for number, bits in enumerate(flips):
        value = center
        for bit in bits:
            value ^= 1 << bit
        values.append(value)
        index.add(f"{value:016x}", f"{number:02}")
    near = [((value ^ center).bit_count(), f"{number:02}") for number, value in enumerate(values)]
    expected = [key for distance, key in sorted(near) if distance <= max_bits]
    assert index.find(f"{center:016x}") == expected


def test_an_empty_index_finds_nothing() -> None:
    assert NearDuplicateIndex().find("0" * 16) == []


def test_the_nearest_comes_first_then_the_key() -> None:
    index = NearDuplicateIndex()
    index.add(f"{0b11:016x}", "b")
    index.add(f"{0b11:016x}", "a")
    index.add(f"{0b1:016x}", "c")
    index.add(f"{(1 << NEAR_BITS + 1) - 1:016x}", "far")
    assert index.find("0" * 16) == ["c", "a", "b"]
