"""Every network takes any size and gives logits of that size."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorunet.networks import NetworkSettings, build_network
from colorunet.networks.cost import receptive_field
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
    NetworkSettings("encoder-unet", padding="replicate", logits_stride=4),
    NetworkSettings("encoder-unet", norm="group", context=False, logits_stride=4),
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
    without_norms = [p for name, p in pixel.named_parameters() if ".norm." not in name]
    assert sum(p.numel() for p in without_norms) == 141_664  # the ColorUnet of arXiv 1811.03120
    count = sum(p.numel() for p in pixel.parameters())
    assert count == 142_016  # as with BatchNorm's affine pairs
    positions = sum(p.numel() for p in volume.parameters()) - count
    assert positions == 2 * (2 * 16 * 128**2 // 2 + 32 * 64**2 * 2 + 64 * 32**2 + 32 * 128**2) - 352


def test_the_posters_cells_stand_in_the_papers_order() -> None:
    network = build_network(NetworkSettings("poster", norm="pixel"), bins=32, size=32)
    convs = [
        (name, module.in_channels, module.out_channels, module.kernel_size[0], module.stride[0])
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    ]
    assert convs == [
        ("down1.conv1", 1, 16, 3, 1),
        ("down1.conv2", 16, 16, 3, 1),
        ("down2.conv1", 16, 32, 3, 1),
        ("down2.conv2", 32, 32, 3, 1),
        ("down3.conv1", 32, 64, 3, 1),
        ("down3.conv2", 64, 64, 3, 1),
        ("up1.up", 64, 32, 3, 2),
        ("up1.conv1", 32, 32, 3, 1),
        ("up1.conv2", 32, 32, 3, 1),
        ("up2.up", 64, 16, 3, 2),  # beside the 32 channels, those of the second DownConv
        ("up2.conv1", 16, 32, 3, 1),
        ("up2.conv2", 32, 32, 3, 1),
        ("out_up", 48, 16, 3, 2),  # beside the 32 channels, those of the first DownConv
        ("out_conv", 16, 16, 3, 1),
        ("out", 16, 32, 1, 1),
    ]


def test_the_poster_does_what_its_cells_say_one_by_one() -> None:
    network = build_network(NetworkSettings("poster", norm="pixel"), bins=6, size=32).eval()
    at, luma = dict(network.named_modules()), torch.rand(2, 1, 32, 32)

    def up(name: str, before: Tensor) -> Tensor:
        own = at[name]
        return F.conv_transpose2d(
            before, own.weight, own.bias, stride=2, padding=1, output_padding=1
        ).relu()

    x, skips = luma, []
    for cell in ("down1", "down2", "down3"):
        x = at[f"{cell}.conv2"](at[f"{cell}.conv1"](x).relu()).relu()
        x = at[f"{cell}.norm"](F.max_pool2d(x, 2))
        skips.append(x)
    for cell, skip in (("up1", skips[1]), ("up2", skips[0])):
        x = at[f"{cell}.conv2"](at[f"{cell}.conv1"](up(f"{cell}.up", x)).relu()).relu()
        x = torch.cat((at[f"{cell}.norm"](x), skip), dim=1)
    expected = at["out"](at["out_conv"](up("out_up", x)).relu())
    assert torch.allclose(network(luma), expected, atol=1e-6)


def test_a_pixel_of_the_poster_sees_76_pixels_at_most() -> None:
    network = build_network(NetworkSettings("poster", norm="pixel"), bins=6, size=128)
    assert receptive_field(network, size=128) == 76


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


@pytest.mark.parametrize("dial", ["width", "depth", "blocks", "stem", "logits_stride"])
def test_a_dial_that_an_encoder_unet_lacks_is_refused(dial: str) -> None:
    other = 4 if dial in ("stem", "blocks") else 2
    with pytest.raises(ValueError, match=f"encoder-unet: {dial} is fixed"):
        NetworkSettings(
            "encoder-unet",
            **({"logits_stride": 4} | {dial: other}),
        )


def test_an_encoder_unet_tells_which_parameters_are_its_encoders() -> None:
    network = build_network(
        NetworkSettings("encoder-unet", logits_stride=4, padding="replicate"), bins=32, size=128
    )
    of_encoder = sum(p.numel() for p in network.encoder_parameters())
    assert (of_encoder, sum(p.numel() for p in network.parameters())) == (2_938_544, 4_413_712)
    assert (
        build_network(NetworkSettings("unet", width=8), bins=4, size=32).encoder_parameters() == []
    )
