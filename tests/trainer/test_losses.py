"""The one-pass loss equals the textbook's, in value and gradient."""

import numpy as np
import pytest
import torch

from colorcore import Palette, rebalancing_weights, smooth_prior, soft_target_matrix
from trainer.losses import Targets, naive_weighted_cross_entropy, weighted_cross_entropy
from trainer.settings import LossSettings

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
