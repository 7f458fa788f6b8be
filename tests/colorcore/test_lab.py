"""colorcore.lab against scikit-image and the formula's published test data."""

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab

from colorcore import ciede2000, rgb_to_lab

# Sharma, Wu & Dalal 2005, Table 1, rows 1, 4, 7, 9, 11, 17, 18, 20, 25, 33, 34.
_SHARMA = np.array(
    [
        [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
        [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0],
        [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195],
        [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
        [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977],
        [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_ciede2000_matches_its_published_test_data() -> None:
    difference = ciede2000(_SHARMA[:, :3], _SHARMA[:, 3:6])
    assert difference == pytest.approx(_SHARMA[:, 6], abs=5e-5)
    back = ciede2000(_SHARMA[:, 3:6], _SHARMA[:, :3])
    assert back == pytest.approx(difference, abs=1e-9)


def test_both_agree_with_scikit_image() -> None:
    first, second = np.random.default_rng(8).random((2, 5000, 3))
    lab = rgb_to_lab(first)
    assert np.abs(lab - rgb2lab(first)).max() < 0.01  # its matrix is rounded to six digits
    other = rgb_to_lab(second)
    assert ciede2000(lab, other) == pytest.approx(deltaE_ciede2000(lab, other), abs=1e-9)


def test_torch_equals_numpy_and_gradients_are_finite() -> None:
    rgb = np.concatenate((np.random.default_rng(9).random((200, 3)), np.zeros((1, 3))))
    tensor = torch.asarray(rgb).requires_grad_()
    lab = rgb_to_lab(tensor)
    assert lab.detach().numpy() == pytest.approx(rgb_to_lab(rgb), abs=1e-9)
    lab.sum().backward()
    assert torch.isfinite(tensor.grad).all()


def test_equal_colors_do_not_differ() -> None:
    lab = rgb_to_lab(np.random.default_rng(10).random((100, 3)))
    assert ciede2000(lab, lab).max() < 1e-6
