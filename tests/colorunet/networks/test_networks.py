"""Every network takes any size and gives logits of that size."""

import pytest
import torch

from colorunet.networks import NetworkSettings, build_network
from colorunet.networks.norms import PixelNorm

SETTINGS = [
    NetworkSettings("poster", norm="volume"),
    NetworkSettings("poster", norm="pixel"),
    NetworkSettings("unet", width=8),
    NetworkSettings("unet", width=8, norm="group", context=False),
    NetworkSettings("unet", width=8, depth=3, stem=1, logits_stride=1),
    NetworkSettings("unet", width=8, depth=4, stem=2, logits_stride=1),
    NetworkSettings("unet", width=8, depth=4, stem=4, logits_stride=2, blocks=2),
    NetworkSettings("unet", width=8, stem=2, logits_stride=4),
    NetworkSettings("unet", width=8, depth=3, stem=4, logits_stride=2, padding="replicate"),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("size", [(32, 32), (33, 47), (1, 5)])
def test_any_size_in_gives_logits_of_that_size(
    settings: NetworkSettings, size: tuple[int, int]
) -> None:
    network = build_network(settings, bins=6, size=32)
    luma = torch.rand(2, 1, *size)
    assert network(luma).shape == (2, 6, *size)
    step = network.logits_stride
    assert network(luma, coarse=True).shape == (2, 6, -(-size[0] // step), -(-size[1] // step))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_every_parameter_gets_a_gradient(settings: NetworkSettings) -> None:
    network = build_network(settings, bins=6, size=32)
    network(torch.rand(2, 1, 32, 32)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        # A bias before a norm may have none, but no tensor of weights may be left out.
        if parameter.ndim > 1:
            assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_images_of_a_batch_dont_influence_each_other(settings: NetworkSettings) -> None:
    network = build_network(settings, bins=6, size=32).double().eval()
    luma = torch.rand(3, 1, 32, 32, dtype=torch.float64)
    with torch.inference_mode():
        together = network(luma)
        apart = torch.cat([network(luma[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, apart, atol=1e-10)


@pytest.mark.parametrize(("padding", "is_flat"), [("replicate", True), ("zeros", False)])
def test_only_replicated_borders_hide_from_a_network_where_it_is(
    padding: str, is_flat: bool
) -> None:
    torch.manual_seed(0)
    settings = NetworkSettings("unet", width=8, depth=3, stem=2, logits_stride=1, padding=padding)
    network = build_network(settings, bins=6, size=64).eval()
    with torch.inference_mode():
        logits = network(torch.full((1, 1, 64, 48), 0.4))
    spread = float((logits - logits[..., :1, :1]).abs().max())
    assert (spread < 1e-4) == is_flat
    assert is_flat or spread > 1e-2


def test_the_posters_parameters_are_counted_right() -> None:
    pixel = build_network(NetworkSettings("poster", norm="pixel"), bins=32, size=256)
    volume = build_network(NetworkSettings("poster", norm="volume"), bins=32, size=256)
    count = sum(p.numel() for p in pixel.parameters())
    assert count == 140_240  # the original, with BatchNorm's affine pairs, has about 142 thousand
    positions = sum(p.numel() for p in volume.parameters()) - count
    assert positions == 2 * (2 * 16 * 128**2 // 2 + 32 * 64**2 * 2 + 64 * 32**2 + 32 * 128**2) - 352


def test_pixel_norm_is_layer_norm_over_channels() -> None:
    x = torch.rand(2, 16, 5, 7)
    norm = PixelNorm(16)
    expected = (x - x.mean(1, keepdim=True)) / (
        x.var(1, unbiased=False, keepdim=True) + 1e-5
    ).sqrt()
    assert torch.allclose(norm(x), expected, atol=1e-5)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="architecture: expected one of poster, unet"):
        NetworkSettings("resnet")
    with pytest.raises(ValueError, match="norm"):
        NetworkSettings(norm="batch")
    with pytest.raises(ValueError, match="padding: expected one of zeros, replicate"):
        NetworkSettings(padding="reflect")
    with pytest.raises(ValueError, match="stem"):
        NetworkSettings(stem=3)
