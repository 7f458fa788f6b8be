"""colorcore.decode: from logits to colours."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from colorcore import Palette, annealed_mean, top_mode_mean

_LINE = Palette(centers=np.array([[0.0, 0.0], [0.1, 0.0], [0.4, 0.2]]), prior=np.full(3, 1 / 3))


def test_a_worked_example() -> None:
    # softmax(log(1, 2, 4) / T) at T = 1 is (1, 2, 4)/7; at T = 1/2 it is (1, 4, 16)/21.
    logits = np.log(np.array([1.0, 2.0, 4.0]))
    assert annealed_mean(logits, _LINE, 1) == pytest.approx(np.array([0.2 + 1.6, 0.8]) / 7)
    assert annealed_mean(logits, _LINE, 0.5) == pytest.approx(np.array([0.4 + 6.4, 3.2]) / 21)


def test_it_anneals_logits_and_not_probabilities() -> None:
    # The known bug, exp(z/T) on probabilities, would leave the contrast of bins near 14 : 1.
    logits = np.array([0.0, 0.0, 10.0])
    assert annealed_mean(logits, _LINE, 0.38) == pytest.approx(_LINE.centers[2], abs=1e-9)


@pytest.mark.parametrize("temperature", [1, 0.38, 0.1, 0.01, 0.001, 1e-300])
def test_it_is_stable_at_every_temperature(palette: Palette, temperature: float) -> None:
    rng = np.random.default_rng(5)
    logits = (rng.normal(size=(50, palette.n)) * 1000).astype(np.float32)
    uv = annealed_mean(logits, palette, temperature)
    assert np.isfinite(uv).all()
    low, high = palette.centers.min(axis=0) - 1e-5, palette.centers.max(axis=0) + 1e-5
    assert ((uv >= low) & (uv <= high)).all()


def test_a_low_temperature_gives_the_most_likely_bin(palette: Palette) -> None:
    logits = np.random.default_rng(6).permuted(
        np.tile(np.arange(palette.n, dtype=float), (20, 1)), axis=1
    )
    best = palette.centers[np.argmax(logits, axis=1)]
    assert annealed_mean(logits, palette, 0.001) == pytest.approx(best, abs=1e-9)
    assert top_mode_mean(logits, palette, 0.001, radius=0.1) == pytest.approx(best, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1))
def test_a_batch_equals_a_loop_and_torch_equals_numpy(seed: int, temperature: float) -> None:
    logits = np.random.default_rng(seed).normal(size=(2, 3, 3))
    batch = annealed_mean(logits, _LINE, temperature)
    loop = [[annealed_mean(pixel, _LINE, temperature) for pixel in row] for row in logits]
    assert batch == pytest.approx(np.array(loop), abs=1e-12)
    in_torch = annealed_mean(torch.asarray(logits), _LINE, temperature).numpy()
    assert in_torch == pytest.approx(batch, abs=1e-12)
    top = top_mode_mean(logits, _LINE, temperature, radius=0.15)
    in_torch = top_mode_mean(torch.asarray(logits), _LINE, temperature, radius=0.15).numpy()
    assert in_torch == pytest.approx(top, abs=1e-12)


def test_top_mode_leaves_a_far_second_mode_out() -> None:
    logits = np.log(np.array([0.3, 0.25, 0.45]))  # the far bin alone is the likeliest
    assert top_mode_mean(logits, _LINE, 1, radius=0.15) == pytest.approx(_LINE.centers[2])
    near = np.log(np.array([0.45, 0.15, 0.4]))  # the mode and its neighbour, 3 : 1
    assert top_mode_mean(near, _LINE, 1, radius=0.15) == pytest.approx([0.025, 0])
    everything = top_mode_mean(near, _LINE, 0.7, radius=9)
    assert everything == pytest.approx(annealed_mean(near, _LINE, 0.7))


def test_gradients_are_finite(palette: Palette) -> None:
    logits = (torch.randn(4, palette.n) * 50).requires_grad_()
    (
        annealed_mean(logits, palette, 0.05) + top_mode_mean(logits, palette, 0.05, radius=0.1)
    ).sum().backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("temperature", [0, -0.1, 1.01, float("nan")])
def test_temperature_outside_its_interval_is_refused(temperature: float) -> None:
    for decode in (annealed_mean, lambda *a: top_mode_mean(*a, radius=0.1)):
        with pytest.raises(ValueError, match="temperature"):
            decode(np.zeros(3), _LINE, temperature)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("logits", "words"),
    [
        (np.zeros((3, 4)), "last axis of 3"),
        (np.array([0, np.nan, 1]), "NaN"),
        (np.array([0, 1, 2]), "floating"),
    ],
)
def test_wrong_logits_are_refused(logits: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        annealed_mean(logits, _LINE, 0.5)


@pytest.mark.usefixtures("unchecked_shapes")
def test_a_radius_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="radius"):
        top_mode_mean(np.zeros(3), _LINE, 0.5, radius=0)
