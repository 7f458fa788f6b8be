"""colorcore.targets: the soft-target matrix."""

import numpy as np
import pytest

from colorcore import Palette, soft_target_matrix


def test_every_row_is_a_distribution_over_k_nearest_bins(palette: Palette) -> None:
    k = min(5, palette.n)
    matrix = soft_target_matrix(palette, k=k, sigma=0.03)
    assert matrix.sum(axis=1) == pytest.approx(np.ones(palette.n))
    assert ((matrix > 0).sum(axis=1) <= k).all()
    assert (np.argmax(matrix, axis=1) == np.arange(palette.n)).all()


def test_a_worked_example() -> None:
    palette = Palette(
        centers=np.array([[0.0, 0.0], [0.1, 0.0], [0.3, 0.0]]), prior=np.full(3, 1 / 3)
    )
    matrix = soft_target_matrix(palette, k=2, sigma=0.1)
    near = np.exp(-0.5)
    assert matrix[0] == pytest.approx([1 / (1 + near), near / (1 + near), 0])
    # The bin at 0.3 has the one at 0.1 as its neighbour, two σ away.
    assert matrix[2] == pytest.approx([0, np.exp(-2) / (1 + np.exp(-2)), 1 / (1 + np.exp(-2))])


def test_one_neighbour_is_the_hard_target(palette: Palette) -> None:
    assert (soft_target_matrix(palette, k=1, sigma=0.03) == np.eye(palette.n)).all()


@pytest.mark.usefixtures("unchecked_shapes")
def test_out_of_range_is_refused(palette: Palette) -> None:
    for k in (0, palette.n + 1):
        with pytest.raises(ValueError, match="k: expected"):
            soft_target_matrix(palette, k=k, sigma=0.03)
    for sigma in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="sigma"):
            soft_target_matrix(palette, k=1, sigma=sigma)
