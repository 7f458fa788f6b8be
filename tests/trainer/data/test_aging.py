"""Aging: every kind of damage shows, depends on its seed alone, and stays a picture."""

import numpy as np
import pytest

from trainer.data import aging
from trainer.data.aging import aged


@pytest.fixture
def luma() -> np.ndarray:
    across = np.linspace(20, 235, 96, dtype=np.float32)
    edges = np.where(np.arange(96) % 24 < 12, 0, 20)
    return np.clip(across[None] + edges[:, None], 0, 255).astype(np.uint8)


def test_the_same_seed_ages_alike_and_another_one_otherwise(luma: np.ndarray) -> None:
    assert np.array_equal(aged(luma, 7), aged(luma, 7))
    different = {aged(luma, seed).tobytes() for seed in range(12)}
    assert len(different) == 12


def test_every_photo_is_damaged_and_still_the_same_picture(luma: np.ndarray) -> None:
    for seed in range(40):
        old = aged(luma, seed)
        assert old.dtype == np.uint8
        assert old.shape == luma.shape
        assert not np.array_equal(old, luma)
        assert np.corrcoef(old.ravel(), luma.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("damage", aging._DAMAGES, ids=lambda damage: damage.__name__)
def test_each_damage_does_what_it_is_called(damage: object, luma: np.ndarray) -> None:
    assert callable(damage)
    levels = luma.astype(np.float32)
    results = [damage(levels.copy(), np.random.default_rng(seed)) for seed in range(8)]
    ups = [float(np.abs(np.diff(r, axis=0)).mean()) for r in results]
    before = float(np.abs(np.diff(levels, axis=0)).mean())
    name = damage.__name__
    if name == "_blurred":
        assert max(ups) <= before + 0.5
    elif name == "_faded":
        assert all(np.ptp(r) < np.ptp(levels) for r in results)
    elif name == "_of_other_contrast":
        assert len({round(float(r.std())) for r in results}) > 3
    else:  # grain and scan lines add what wasn't there
        assert np.mean([np.abs(r - levels).mean() for r in results]) > 1
        assert all(abs(float((r - levels).mean())) < 8 for r in results)
