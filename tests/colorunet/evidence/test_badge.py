"""The sign is drawn at the photo's own resolution, and only where it says."""

import numpy as np
import pytest

from colorunet.coloring.composing import ColoredImage
from colorunet.evidence.badge import badge_place, with_badge


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("size", [(720, 540), (90, 60), (16, 9), (1, 1)])
def test_the_sign_covers_its_place_and_nothing_else(size: tuple[int, int], bits: int) -> None:
    luma = np.full(size[::-1], 99, np.uint8 if bits == 8 else np.uint16)
    alpha = np.full_like(luma, 3)
    plain = ColoredImage(luma, np.zeros((4, 4, 2), np.float32), alpha)
    before, after = plain.whole(), with_badge(plain).whole()
    left, top, edge = badge_place(size)
    changed = (before != after).any(axis=-1)
    inside = changed[top : top + edge, left : left + edge]
    assert changed.sum() == inside.sum()
    assert 0.3 < inside.mean() <= 1 or edge < 12
    assert edge >= min(*size, 12)
