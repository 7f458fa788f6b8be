"""EfficientNet-Lite: encoders on luma with batch norms folded in, and the RGB classifier."""

import math
from collections.abc import Iterator, Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

# Repeats, kernel, stride, expansion and channels of each stage (Tan & Le 2019, table 1; Lite keeps
# the stem's 32 channels and has ReLU6 and no squeeze-and-excitation).
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_LAST_STAGE = len(_STAGES) - 1
_STEM = 32  # channels; arXiv 1905.11946 with EfficientNet-Lite's fixed stem and head
# Width and depth of the larger ones, as factors (Tan & Le 2019's compound scaling).
_FACTORS = {
    "efficientnet-lite0": (1.0, 1.0),
    "efficientnet-lite1": (1.0, 1.1),
    "efficientnet-lite2": (1.1, 1.2),
}
_HEAD = 1280
_CLASSES = 1000
_BATCH_NORM_EPS = 1e-3  # of the published parameters
_MEAN, _SPREAD = 127.0, 128.0  # of the pixels in 0 to 255 that it was trained on
# The last stage at each stride; its output is the feature of that stride.
_FEATURE_STAGES = (0, 1, 2, 4, 6)

LITE_ENCODERS = tuple(_FACTORS)


class SameConv(nn.Conv2d):
    """A convolution to ⌈size / stride⌉ with TensorFlow's padding: odd pixels at the end.

    At stride 2 and even edges a kernel of 3 sees nothing beyond the left and upper border.

    Args:
        fan_in: channels before.
        fan_out: channels after.
        kernel: its edge.
        stride: 1 or 2.
        groups: as in ``nn.Conv2d``.
        border: padding: ``replicate`` or ``constant`` (zeros).
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        border: str = "replicate",
    ) -> None:
        super().__init__(fan_in, fan_out, kernel, stride=stride, groups=groups)
        self.border = border

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d ho wo"]:
        """Pad and convolve."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        if kernel > 1:
            across, down = (
                max(0, (-(-size // stride) - 1) * stride + kernel - size)
                for size in (x.shape[-1], x.shape[-2])
            )
            margins = [across // 2, across - across // 2, down // 2, down - down // 2]
            x = F.pad(x, margins, mode=self.border)
        return super().forward(x)


def _scaled_stages(width: float, depth: float) -> list[tuple[int, int, int, int, int]]:
    """Return the stages, wider and deeper; Lite keeps the stem and the depths of first and last."""
    return [
        (
            repeats if number in (0, _LAST_STAGE) else math.ceil(repeats * depth),
            kernel,
            stride,
            expansion,
            int(channels * width + 4) // 8 * 8,
        )
        for number, (repeats, kernel, stride, expansion, channels) in enumerate(_STAGES)
    ]


class InvertedBottleneck(nn.Module):
    """1×1 to more channels, depthwise, 1×1 to few; added to its input where the shape stays."""

    def __init__(
        self,
        before: int,
        after: int,
        *,
        kernel: int,
        stride: int,
        expansion: int,
        border: str,
    ) -> None:
        super().__init__()
        inner = before * expansion
        self.expand = SameConv(before, inner, 1) if expansion > 1 else None
        self.depthwise = SameConv(inner, inner, kernel, stride=stride, groups=inner, border=border)
        self.project = SameConv(inner, after, 1)
        self.adds = stride == 1 and before == after

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d ho wo"]:
        """Return the block's output."""
        inner = x if self.expand is None else F.relu6(self.expand(x))
        out = self.project(F.relu6(self.depthwise(inner)))
        return x + out if self.adds else out


class EfficientNetLiteEncoder(nn.Module):
    """The stages without the head; batch norms are part of the convolutions.

    Args:
        name: one of ``LITE_ENCODERS``.
        channels: 1 for luma, 3 for RGB.
        border: as in ``SameConv``; ``replicate`` keeps a flat image flat, ``constant`` is what
            the published parameters were trained with.
    """

    def __init__(
        self,
        name: str = "efficientnet-lite0",
        *,
        channels: int = 1,
        border: str = "replicate",
    ) -> None:
        super().__init__()
        stages = _scaled_stages(*_FACTORS[name])
        self.channels = tuple(stages[stage][-1] for stage in _FEATURE_STAGES)  # at strides 2 to 32
        self.stem = SameConv(channels, _STEM, 3, stride=2, border=border)
        self.stages = nn.ModuleList()
        before = _STEM
        for repeats, kernel, stride, expansion, after in stages:
            blocks = []
            for number in range(repeats):
                block = InvertedBottleneck(
                    before,
                    after,
                    kernel=kernel,
                    stride=stride if number == 0 else 1,
                    expansion=expansion,
                    border=border,
                )
                blocks.append(block)
                before = after
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Tensor]:
        """Return the features of an image in [0, 1] at strides 2, 4, 8, 16 and 32."""
        x = F.relu6(self.stem((255 * image - _MEAN) / _SPREAD))
        features = []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in _FEATURE_STAGES:
                features.append(x)
        return features

    def _blocks(self) -> Iterator[InvertedBottleneck]:
        for module in self.stages.modules():
            if isinstance(module, InvertedBottleneck):
                yield module

    @torch.no_grad()
    def load_published(self, tensors: Mapping[str, Tensor]) -> None:
        """Load published parameters, batch norms folded into the convolutions.

        For one channel the first convolution's weights are summed over RGB, which is the same as
        showing it a gray image.

        Raises:
            KeyError: a tensor is missing.
            RuntimeError: a tensor has another shape.
        """
        summed = self.stem.in_channels == 1
        _load_folded(self.stem, tensors, "_conv_stem", "_bn0", sum_inputs=summed)
        for number, block in enumerate(self._blocks()):
            at = f"_blocks.{number}."
            if block.expand is not None:
                _load_folded(block.expand, tensors, f"{at}_expand_conv", f"{at}_bn0")
            _load_folded(block.depthwise, tensors, f"{at}_depthwise_conv", f"{at}_bn1")
            _load_folded(block.project, tensors, f"{at}_project_conv", f"{at}_bn2")


class EfficientNetLite0Classifier(nn.Module):
    """The ImageNet classifier of RGB images in [0, 1]; classes by rank of the sorted synsets."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNetLiteEncoder(channels=3, border="constant")
        self.head = SameConv(_STAGES[-1][-1], _HEAD, 1)
        self.classes = nn.Linear(_HEAD, _CLASSES)

    def features(self, rgb: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1280"]:
        """Return the input of the last layer: the head's mean over the image."""
        return F.relu6(self.head(self.encoder(rgb)[-1])).mean((2, 3))

    def forward(self, rgb: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1000"]:
        """Return the logits of the classes."""
        logits: Tensor = self.classes(self.features(rgb))
        return logits

    @torch.no_grad()
    def load_published(self, tensors: Mapping[str, Tensor]) -> None:
        """Load published parameters; raises as the encoder does."""
        self.encoder.load_published(tensors)
        _load_folded(self.head, tensors, "_conv_head", "_bn1")
        self.classes.weight.copy_(tensors["_fc.weight"])
        self.classes.bias.copy_(tensors["_fc.bias"])


def fold_batch_norm(
    weight: Float[Tensor, "o i kh kw"], tensors: Mapping[str, Tensor], norm: str
) -> tuple[Float[Tensor, "o i kh kw"], Float[Tensor, "o"]]:
    """Return weight and bias of a bias-free convolution with its batch norm folded in."""
    spread = (tensors[f"{norm}.running_var"] + _BATCH_NORM_EPS).sqrt()
    scale = tensors[f"{norm}.weight"] / spread
    bias = tensors[f"{norm}.bias"] - scale * tensors[f"{norm}.running_mean"]
    return weight * scale[:, None, None, None], bias


def _load_folded(
    conv: nn.Conv2d,
    tensors: Mapping[str, Tensor],
    name: str,
    norm: str,
    *,
    sum_inputs: bool = False,
) -> None:
    weight, bias = fold_batch_norm(tensors[f"{name}.weight"], tensors, norm)
    if sum_inputs:
        weight = weight.sum(1, keepdim=True)
    if conv.bias is None or conv.weight.shape != weight.shape:
        raise RuntimeError(
            f"{name}.weight: expected the shape {tuple(conv.weight.shape)}, "
            f"given {tuple(weight.shape)}"
        )
    conv.weight.copy_(weight)
    conv.bias.copy_(bias)
