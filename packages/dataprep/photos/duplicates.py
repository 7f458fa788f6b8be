"""Near-duplicates by perceptual hash."""

import itertools
from collections import defaultdict

_FEW_BITS = 5
NEAR_BITS = 4  # of 64: re-encoded, resized or slightly toned copies of one photo


class NearDuplicateIndex:
    """Finds keys whose 64-bit hash differs in at most ``max_bits`` bits.

    Multi-index hashing (Norouzi, Punjani & Fleet 2012): two hashes that differ in at most d bits
    differ in at most d / b bits on one of b bands, so only those near on a band are compared. Few
    bits have d + 1 bands, where near is equal. Many bits would make bands so short that all share
    one; they have three, and all values within reach on a band are looked up, which takes as long
    among a million hashes as among none.
    """

    def __init__(self, max_bits: int = NEAR_BITS) -> None:
        self.max_bits = max_bits
        bands = max_bits + 1 if max_bits <= _FEW_BITS else 3
        edges = [round(64 * i / bands) for i in range(bands + 1)]
        self._bands = [
            (low, (1 << (high - low)) - 1, _flips(high - low, max_bits // bands))
            for low, high in itertools.pairwise(edges)
        ]
        self._tables: list[dict[int, list[tuple[int, str]]]] = [
            defaultdict(list) for _ in self._bands
        ]

    def find(self, perceptual_hash: str) -> list[str]:
        """Return the keys within reach of a hash, nearest first, then by key."""
        target = int(perceptual_hash, 16)
        near: dict[str, int] = {}
        for (shift, mask, flips), table in zip(self._bands, self._tables, strict=True):
            part = (target >> shift) & mask
            for flip in flips:
                for value, key in table.get(part ^ flip, ()):
                    distance = (value ^ target).bit_count()
                    if distance <= self.max_bits:
                        near[key] = distance
        return sorted(near, key=lambda key: (near[key], key))

    def add(self, perceptual_hash: str, key: str) -> None:
        """Remember a key under its hash."""
        value = int(perceptual_hash, 16)
        for (shift, mask, _), table in zip(self._bands, self._tables, strict=True):
            table[(value >> shift) & mask].append((value, key))


def _flips(width: int, most: int) -> list[int]:
    """Return every number of ``width`` bits that has at most ``most`` ones."""
    return [
        sum(1 << bit for bit in bits)
        for count in range(most + 1)
        for bits in itertools.combinations(range(width), count)
    ]
