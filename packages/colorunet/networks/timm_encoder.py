"""Encoders of the library timm, such as ConvNeXt and MobileNetV4, by name."""

import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from colorunet.errors import ColorunetError
from colorunet.networks.torchvision_import import import_torchvision

PREFIX = "timm/"
# No address, no path: it comes from a run, which may be untrusted.
_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")
_STRIDES = (4, 8, 16, 32)
_INSTALL = "pip install '.[encoders]'"


def is_timm_name(encoder: str) -> bool:
    """Whether an encoder's name is one for timm, such as ``timm/convnext_tiny.fb_in22k``."""
    return encoder.startswith(PREFIX) and bool(_NAME.fullmatch(encoder.removeprefix(PREFIX)))


class ChannelAffine(nn.Module):
    """A batch norm with fixed statistics, and its activation.

    A checkpoint holds parameters alone, and batches here are small: so the statistics of the
    pretraining become part of weight and bias, which keep training.
    """

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        assert norm.running_mean is not None
        assert norm.running_var is not None
        weight = (norm.running_var + norm.eps).rsqrt() * norm.weight
        self.weight = nn.Parameter(weight.detach().clone())
        self.bias = nn.Parameter((norm.bias - norm.running_mean * weight).detach().clone())
        self.drop = getattr(norm, "drop", nn.Identity())
        self.act = getattr(norm, "act", nn.Identity())

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return x · weight + bias, channel by channel, activated."""
        scaled: Tensor = x * self.weight[:, None, None] + self.bias[:, None, None]
        activated: Tensor = self.act(self.drop(scaled))
        return activated


class TimmEncoder(nn.Module):
    """Features of a network of timm, random until a fit loads pretrained parameters.

    Batch norms are affine maps from then on; see ``ChannelAffine``.

    Args:
        encoder: ``timm/`` and its name there, with the tag of its parameters where it has several.

    Raises:
        ColorunetError: timm isn't installed, has no such network, or it has no features at
            strides 4 to 32 for images of any size.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: str) -> None:
        super().__init__()
        self.body = _features(encoder)
        statistics = self.body.pretrained_cfg
        for name in ("mean", "std"):
            values = torch.tensor(statistics[name]).reshape(1, 3, 1, 1)
            self.register_buffer(name, values, persistent=False)
        self.channels = _checked_channels(encoder, self.body)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> list[Tensor]:
        """Return the features of luma in [0, 1], shown as a gray image, at strides 4 to 32."""
        features: list[Tensor] = self.body((luma - self.mean) / self.std)
        return features[-len(_STRIDES) :]

    def load_pretrained(self, encoder: str, file: Path | None) -> None:
        """Load pretrained parameters from a local file, else as timm downloads them.

        A file is safetensors, or torch's own, which is read without unpickling objects.

        Raises:
            ColorunetError: there are none, they can't be loaded, or they don't fit.
        """
        try:
            trained = _features(encoder, pretrained=True, file=file)
        # Of the download those of requests, httpx and the hub; of the file those of torch, pickle,
        # zip and safetensors; of parameters that don't fit RuntimeError and KeyError.
        except Exception as error:
            words = str(error).strip().splitlines()
            where = "timm's own can't be loaded" if file is None else f"{file}: can't be used"
            raise ColorunetError(
                f"encoder {encoder}: {where} ({words[0] if words else error!r}); name a file of "
                "its parameters with network.encoder_file, or train with pretrained=false"
            ) from None
        self.body.load_state_dict(trained.state_dict())


@dataclass(frozen=True)
class Origin:
    """Source of parameters and their licence (an SPDX name in lower case)."""

    source: str
    license: str


def origin_of(encoder: str) -> Origin:
    """Return the origin of an encoder's parameters by timm's tables.

    Raises:
        ColorunetError: timm isn't installed, or has no such network.
    """
    about = _timm().get_pretrained_cfg(_model_name(encoder))
    source = about and (about.hf_hub_id or about.url)
    return Origin(str(source or "unknown"), str((about and about.license) or "unknown"))


def _features(encoder: str, *, pretrained: bool = False, file: Path | None = None) -> Any:
    overlay = {"file": str(file)} if file is not None else None
    try:
        body = _timm().create_model(
            _model_name(encoder),
            features_only=True,
            pretrained=pretrained,
            pretrained_cfg_overlay=overlay,
        )
    except (AttributeError, TypeError) as error:  # raised by those that have no features
        raise ColorunetError(
            f"encoder {encoder}: timm can't take its features ({error}); take another"
        ) from None
    _fix_norms(body)
    return body


def _fix_norms(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, ChannelAffine(child))
        else:
            _fix_norms(child)


def _model_name(encoder: str) -> str:
    name = encoder.removeprefix(PREFIX)
    if not is_timm_name(encoder) or not _timm().is_model(name):
        raise ColorunetError(
            f"encoder {encoder}: timm has no such network; `python -c 'import timm; "
            'print(timm.list_models("*convnext*"))\'` lists those with a word in their name'
        )
    return name


def _timm() -> ModuleType:
    try:
        import_torchvision()
        import timm  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ColorunetError(f"encoder: {error.name} is not installed: {_INSTALL}") from None
    module: ModuleType = timm
    return module


def _checked_channels(encoder: str, body: Any) -> tuple[int, ...]:
    """Return the channels of the features at strides 4 to 32, tested on an image."""
    channels = tuple(body.feature_info.channels()[-len(_STRIDES) :])
    size = (2 * _STRIDES[-1], 3 * _STRIDES[-1])
    asked = [
        (1, wide, size[0] // stride, size[1] // stride)
        for wide, stride in zip(channels, _STRIDES, strict=False)
    ]
    try:
        body.eval()
        with torch.no_grad():
            features = body(torch.zeros(1, 3, *size))[-len(_STRIDES) :]
        given: list[Any] = [tuple(feature.shape) for feature in features]
    except (AssertionError, RuntimeError) as error:
        given = str(error).splitlines()[:1]
    finally:
        body.train()
    if given != asked:
        raise ColorunetError(
            f"encoder {encoder}: expected features at strides 4, 8, 16 and 32 of an image of "
            f"{size[0]} × {size[1]}, given {given}; take a convolutional one"
        )
    return channels
