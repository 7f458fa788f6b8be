"""The losses equal the textbook's, in value and gradient."""

import numpy as np
import pytest
import torch
from naive_loss import naive_weighted_cross_entropy

from colorcore import Palette, rebalancing_weights, smooth_prior, soft_target_matrix
from trainer.config.settings import LossSettings
from trainer.training.losses import (
    Targets,
    mean_color_loss,
    training_loss,
    weighted_cross_entropy,
)

CPU = torch.device("cpu")


def _case(n: int, size: int = 19) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    logits = 4 * torch.randn(3, n, size, size + 2, generator=generator)
    bins = torch.randint(0, n, (3, size, size + 2), generator=generator).to(torch.uint8)
    bins[0, :4] = 255
    return logits, bins


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("k", [1, 5])
def test_value_and_gradient_equal_the_naive_ones(
    small_palette: Palette, k: int, layout: torch.memory_format
) -> None:
    targets = Targets.of(small_palette, LossSettings(soft_k=k, prior_sigma=0.02), CPU)
    logits, bins = _case(small_palette.n)
    results = []
    for function in (weighted_cross_entropy, naive_weighted_cross_entropy):
        z = logits.clone(memory_format=layout).requires_grad_()
        loss = function(z, bins, targets, scale=0.01)
        (3 * loss).backward()
        assert z.grad is not None
        results.append((loss.detach(), z.grad))
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-5)
    assert torch.allclose(results[0][1], results[1][1], rtol=1e-4, atol=1e-6)


def test_hard_targets_are_torchs_weighted_cross_entropy(small_palette: Palette) -> None:
    targets = Targets.of(small_palette, LossSettings(lam=0.3), CPU)
    logits, bins = _case(small_palette.n)
    weights = torch.tensor(rebalancing_weights(small_palette.prior, 0.3), dtype=torch.float32)
    expected = torch.nn.functional.cross_entropy(
        logits, bins.long(), weight=weights, ignore_index=255, reduction="sum"
    )
    assert torch.allclose(weighted_cross_entropy(logits, bins, targets, scale=1.0), expected)


def test_ignored_pixels_give_no_gradient(small_palette: Palette) -> None:
    targets = Targets.of(small_palette, LossSettings(soft_k=5), CPU)
    logits, bins = _case(small_palette.n)
    logits.requires_grad_()
    weighted_cross_entropy(logits, bins, targets, scale=1.0).backward()
    assert logits.grad is not None
    assert not logits.grad[0, :, :4].any()
    assert logits.grad[0, :, 4:].abs().sum() > 0


def test_half_precision_logits_are_summed_in_single(small_palette: Palette) -> None:
    targets = Targets.of(small_palette, LossSettings(), CPU)
    logits, bins = _case(small_palette.n)
    half = logits.bfloat16()
    single = weighted_cross_entropy(half.float(), bins, targets, scale=1.0)
    assert torch.equal(weighted_cross_entropy(half, bins, targets, scale=1.0), single)


def test_rows_hold_weights_of_mean_one(small_palette: Palette) -> None:
    settings = LossSettings(lam=0.5, prior_sigma=0.03, soft_k=4)
    rows = Targets.of(small_palette, settings, CPU).rows.double().numpy()
    weights = rows.sum(1)[: small_palette.n]
    assert np.isclose(small_palette.prior @ weights, 1, atol=1e-6)
    shape = rebalancing_weights(smooth_prior(small_palette, 0.03), 0.5)
    assert np.allclose(weights / weights[0], shape / shape[0], rtol=1e-5)
    soft = soft_target_matrix(small_palette, k=4, sigma=settings.soft_sigma)
    assert np.allclose(rows[: small_palette.n], soft * weights[:, None], rtol=1e-5)
    assert not rows[small_palette.n :].any()


def test_too_many_neighbours_are_refused(small_palette: Palette) -> None:
    with pytest.raises(ValueError, match="k: expected 1 to 12, given 40"):
        Targets.of(small_palette, LossSettings(soft_k=40), CPU)


def _by_the_book(
    logits: np.ndarray, bins: np.ndarray, palette: Palette, settings: LossSettings
) -> float:
    """Σ w_b · smooth-L1 of the mean colour, pixel by pixel in double precision."""
    prior = smooth_prior(palette, settings.prior_sigma)
    weights = rebalancing_weights(prior, settings.lam)
    weights = weights / (palette.prior @ weights)
    total, beta = 0.0, settings.uv_beta
    for image, row, column in np.ndindex(bins.shape):
        b = bins[image, row, column]
        if b == 255:
            continue
        powers = np.exp(logits[image, :, row, column] - logits[image, :, row, column].max())
        for d in np.abs(powers / powers.sum() @ palette.centers - palette.centers[b]):
            total += weights[b] * (d * d / (2 * beta) if d < beta else d - beta / 2)
    return total


@pytest.mark.parametrize("beta", [0.02, 0.1, 1.3])
def test_the_mean_colors_loss_equals_the_book_in_value_and_gradient(
    small_palette: Palette, beta: float
) -> None:
    settings = LossSettings(lam=0.4, prior_sigma=0.02, soft_k=3, uv=1, uv_beta=beta)
    logits, bins = _case(small_palette.n, size=5)
    logits.requires_grad_()
    loss = mean_color_loss(logits, bins, Targets.of(small_palette, settings, CPU), scale=0.5)
    loss.backward()
    assert logits.grad is not None
    z, ids = logits.detach().double().numpy(), bins.numpy()
    expected = 0.5 * _by_the_book(z, ids, small_palette, settings)
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-5)
    rng = np.random.default_rng(1)
    for place in rng.integers(0, z.shape, (20, 4)):
        step = np.zeros_like(z)
        step[tuple(place)] = 1e-5
        ends = [_by_the_book(z + way * step, ids, small_palette, settings) for way in (1, -1)]
        slope = 0.5 * (ends[0] - ends[1]) / 2e-5
        assert float(logits.grad[tuple(place)]) == pytest.approx(slope, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(("cross_entropy", "uv"), [(1.0, 0.0), (0.7, 0.0), (0.0, 2.0), (0.3, 1.5)])
def test_a_fit_minimises_the_two_losses_each_by_its_factor(
    small_palette: Palette, cross_entropy: float, uv: float
) -> None:
    settings = LossSettings(cross_entropy=cross_entropy, uv=uv, soft_k=3)
    targets = Targets.of(small_palette, settings, CPU)
    logits, bins = _case(small_palette.n)
    got, expected = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    loss = training_loss(got, bins, targets, scale=0.01)
    loss.backward()
    by_hand = cross_entropy * naive_weighted_cross_entropy(expected, bins, targets, scale=0.01)
    by_hand = by_hand + uv * mean_color_loss(expected, bins, targets, scale=0.01)
    by_hand.backward()
    assert got.grad is not None
    assert expected.grad is not None
    assert torch.allclose(loss, by_hand, rtol=1e-5)
    assert torch.allclose(got.grad, expected.grad, rtol=1e-4, atol=1e-7)
    assert not got.grad[0, :, :4].any()
    if uv == 0 and cross_entropy == 1:
        assert torch.equal(loss, weighted_cross_entropy(logits, bins, targets, scale=0.01))


def test_regression_on_two_colors_ends_between_them(
    small_palette: Palette,
) -> None:
    """Why plain regression gives muted colours: half red, half blue comes out as neither."""
    settings = LossSettings(lam=0.99, cross_entropy=0, uv=1, uv_beta=1.3)
    targets = Targets.of(small_palette, settings, CPU)
    distances = np.linalg.norm(small_palette.centers[:, None] - small_palette.centers, axis=-1)
    a, b = np.unravel_index(distances.argmax(), distances.shape)
    bins = torch.tensor([[[a, b, 255]]], dtype=torch.uint8)
    z = torch.zeros(small_palette.n, requires_grad=True)
    optimizer = torch.optim.Adam([z], lr=0.1)
    for _ in range(400):
        optimizer.zero_grad()
        training_loss(
            z[None, :, None, None].expand(1, -1, 1, 3), bins, targets, scale=1.0
        ).backward()
        optimizer.step()
    mean = z.detach().softmax(0).double().numpy() @ small_palette.centers
    weights = targets.rows.sum(-1)[[a, b]].double().numpy()
    between = (weights / weights.sum()) @ small_palette.centers[[a, b]]
    assert np.allclose(mean, between, atol=2e-3)
