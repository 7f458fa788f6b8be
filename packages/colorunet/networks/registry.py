"""Registry of networks, and the network settings of a recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from colorunet.networks.encoder_unet import ENCODER_NAMES, EncoderUnet, is_encoder
from colorunet.networks.norms import NORMS
from colorunet.networks.pixel_classifier import PixelClassifier
from colorunet.networks.poster import ColorUnet
from colorunet.networks.unet import UNet

ARCHITECTURES = ("poster", "unet", "encoder-unet")
PADDINGS = ("zeros", "replicate")
_STRIDES = (1, 2, 4)
_FIXED_BY_ENCODER = {"width": 32, "depth": 5, "blocks": 1, "stem": 2, "logits_stride": 4}


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of a network.

    ``poster`` knows ``norm`` only; ``encoder-unet`` knows ``encoder``, ``encoder_file``,
    ``pretrained``, ``norm``, ``padding`` and ``context``.

    Args:
        architecture: ``poster``, ``unet`` or ``encoder-unet``.
        width: channels of the first level; each level down has more.
        depth: levels, of which each halves the image once more.
        blocks: residual blocks a level.
        norm: what is normalised: ``pixel``, ``group`` or ``volume``.
        padding: what stands beyond the border: ``zeros``, or ``replicate`` of the outermost pixel.
        context: global context at the coarsest level.
        stem: pixels, each way, that the first level folds into one place: 1, 2 or 4.
        logits_stride: pixels of the image, each way, that share one of the logits: 1, 2 or 4.
        encoder: of ``encoder-unet``.
        encoder_file: file of the encoder's published parameters, if not the default one.
        pretrained: start a fit from the encoder's published parameters; a network that is loaded
            has its own.

    Raises:
        ValueError: one is out of range.
    """

    architecture: str = "unet"
    width: int = 32
    depth: int = 5
    blocks: int = 1
    norm: str = "pixel"
    padding: str = "zeros"
    context: bool = True
    stem: int = 2
    logits_stride: int = 2
    encoder: str = "efficientnet-lite0"
    encoder_file: str = ""
    pretrained: bool = False

    @classmethod
    def of_run(cls, content: Any) -> "NetworkSettings":
        """Read the settings from a run's JSON; ValueError if they are invalid."""
        if not isinstance(content, Mapping):
            raise ValueError(f"network: expected an object, given {content!r:.80}")
        kinds = {field.name: field.type for field in fields(cls)}
        for name, value in content.items():
            kind = kinds.get(name)
            if not isinstance(kind, type):
                raise ValueError(f"network: unknown key {name!r:.80}")
            if type(value) is not kind:
                raise ValueError(f"{name}: expected {kind.__name__}, given {value!r:.80}")
        return cls(**content)

    def __post_init__(self) -> None:
        """Check every setting."""
        if self.architecture not in ARCHITECTURES:
            raise ValueError(
                f"architecture: expected one of {', '.join(ARCHITECTURES)}, "
                f"given {self.architecture!r}"
            )
        if not is_encoder(self.encoder):
            raise ValueError(f"encoder: expected {ENCODER_NAMES}, given {self.encoder!r}")
        if self.norm not in NORMS:
            raise ValueError(f"norm: expected one of {', '.join(NORMS)}, given {self.norm!r}")
        if self.padding not in PADDINGS:
            raise ValueError(
                f"padding: expected one of {', '.join(PADDINGS)}, given {self.padding!r}"
            )
        if not (1 <= self.width <= 512 and 2 <= self.depth <= 8 and 1 <= self.blocks <= 8):
            raise ValueError(
                "network: expected a width of 1 to 512, a depth of 2 to 8 and 1 to 8 blocks, "
                f"given {self.width}, {self.depth} and {self.blocks}"
            )
        if self.architecture == "encoder-unet":
            self._refuse_other_dials()
        if self.stem not in _STRIDES or self.logits_stride not in _STRIDES:
            raise ValueError(
                "stem and logits_stride: expected 1, 2 or 4, "
                f"given {self.stem} and {self.logits_stride}"
            )

    def _refuse_other_dials(self) -> None:
        for name, fixed in _FIXED_BY_ENCODER.items():
            if getattr(self, name) != fixed:
                raise ValueError(
                    f"encoder-unet: {name} is fixed at {fixed}, given {getattr(self, name)}"
                )


def build_network(settings: NetworkSettings, *, bins: int, size: int) -> PixelClassifier:
    """Return a freshly initialised network; ``size`` is the edge of the images it will train on."""
    if settings.architecture == "poster":
        return ColorUnet(bins=bins, norm=settings.norm, size=size)
    if settings.architecture == "encoder-unet":
        return EncoderUnet(
            bins=bins,
            encoder=settings.encoder,
            norm=settings.norm,
            padding=settings.padding,
            context=settings.context,
            size=size,
        )
    return UNet(
        bins=bins,
        width=settings.width,
        depth=settings.depth,
        blocks=settings.blocks,
        norm=settings.norm,
        padding=settings.padding,
        context=settings.context,
        stem=settings.stem,
        logits_stride=settings.logits_stride,
        size=size,
    )
