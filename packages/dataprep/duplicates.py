"""Near-duplicates by perceptual hash."""

import itertools
from collections import defaultdict

NEAR_BITS = 4  # of 64: re-encoded, resized or slightly toned copies of one photo


class NearDuplicateIndex:
    """Finds keys whose 64-bit hash differs in at most ``max_bits`` bits.

    Multi-index hashing (Norouzi, Punjani & Fleet 2012): two hashes that differ in at most d bits
    agree on at least one of d + 1 bands, so only those that share a band are compared.
    """

    def __init__(self, max_bits: int = NEAR_BITS) -> None:
        self.max_bits = max_bits
        bands = max_bits + 1
        edges = [round(64 * i / bands) for i in range(bands + 1)]
        self._bands = [(low, (1 << (high - low)) - 1) for low, high in itertools.pairwise(edges)]
        self._tables: list[dict[int, list[tuple[int, str]]]] = [
            defaultdict(list) for _ in self._bands
        ]

    def find(self, perceptual_hash: str) -> list[str]:
        """Return the keys within reach of a hash, nearest first, then by key."""
        wanted = int(perceptual_hash, 16)
        near: dict[str, int] = {}
        for (shift, mask), table in zip(self._bands, self._tables, strict=True):
            for value, key in table.get((wanted >> shift) & mask, ()):
                distance = (value ^ wanted).bit_count()
                if distance <= self.max_bits:
                    near[key] = distance
        return sorted(near, key=lambda key: (near[key], key))

    def add(self, perceptual_hash: str, key: str) -> None:
        """Remember a key under its hash."""
        value = int(perceptual_hash, 16)
        for (shift, mask), table in zip(self._bands, self._tables, strict=True):
            table[(value >> shift) & mask].append((value, key))
