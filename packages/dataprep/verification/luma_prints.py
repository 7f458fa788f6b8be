"""Small copies of decoded luma: by these a photo is known again after it was encoded anew."""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from dataprep.photos.duplicates import NearDuplicateIndex
from dataprep.photos.imaging import perceptual_hash

_EDGE = 32
# Levels of 255, on average: JPEG at quality 50 moves the copy by less than 1, photographs that
# only look alike differ by 10 and more.
_SAME_LEVELS = 2.0
_PLAIN_LEVELS = 4.0  # of deviation: a sky without a cloud is like any other


def luma_print(luma: UInt8[np.ndarray, "size size"]) -> bytes:
    """Return the copy: 32 x 32 levels."""
    return Image.fromarray(luma).resize((_EDGE, _EDGE), Image.Resampling.BOX).tobytes()


def same_pictures(prints: Iterable[tuple[str, str, bytes]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (split, key, split, key) of center views in two splits that show one picture.

    Args:
        prints: split, sample key and copy of each.
    """
    index, seen = NearDuplicateIndex(), dict[str, tuple[str, np.ndarray]]()
    for split, key, data in prints:
        small = np.frombuffer(data, np.uint8).reshape(_EDGE, _EDGE)
        levels = small.astype(np.int16)
        if levels.std() < _PLAIN_LEVELS:
            continue
        digest = perceptual_hash(Image.fromarray(small))
        for twin in index.find(digest):
            other_split, other = seen[twin]
            if other_split != split and np.abs(levels - other).mean() < _SAME_LEVELS:
                yield other_split, twin, split, key
        index.add(digest, key)
        seen[key] = (split, levels)
