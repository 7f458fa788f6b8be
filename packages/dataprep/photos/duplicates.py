"""Near-duplicates: by perceptual hash, and copies by copy print."""

import itertools
from collections import defaultdict

from dataprep.photos.print_index import SURE_COPY, CopyRule, PrintIndex

_FEW_BITS = 5  # up to which d + 1 bands are still long enough to select
NEAR_BITS = 4  # of 64: re-encoded, resized or slightly toned copies of one photo


class NearDuplicateIndex:
    """Finds copies, and photos whose 64-bit hashes differ in at most ``max_bits`` bits.

    Copies are mirrored, turned, cropped or toned versions, found by their copy prints
    (``PrintIndex``); photos without a print, from older manifests, by their hash alone.

    Multi-index hashing (Norouzi, Punjani & Fleet 2012): two hashes that differ in at most d bits
    differ in at most d / b bits on one of b bands, so only those near on a band are compared. Few
    bits have d + 1 bands, where near is equal. Many bits would make bands so short that all share
    one; they have three, and all values within reach on a band are looked up, which takes as
    long among a million hashes as among none.
    """

    def __init__(self, max_bits: int = NEAR_BITS, rule: CopyRule = SURE_COPY) -> None:
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
        self._prints = PrintIndex(rule)

    def find(self, perceptual_hash: str, copy_print: str = "") -> list[str]:
        """Return the keys of near-duplicates: the nearest hashes first, then other copies."""
        target = int(perceptual_hash, 16)
        near: dict[str, int] = {}
        for (shift, mask, flips), table in zip(self._bands, self._tables, strict=True):
            part = (target >> shift) & mask
            for flip in flips:
                for value, key in table.get(part ^ flip, ()):
                    distance = (value ^ target).bit_count()
                    if distance <= self.max_bits:
                        near[key] = distance
        keys = sorted(near, key=lambda key: (near[key], key))
        copies = self._prints.find(copy_print) if copy_print else []
        return [*keys, *(key for key in copies if key not in near)]

    def add(self, perceptual_hash: str, key: str, copy_print: str = "") -> None:
        """Add a photo."""
        if copy_print:
            self._prints.add(copy_print, key)
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
