"""U-Net with a pretrained encoder."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from colorunet.networks.efficientnet import LITE_ENCODERS, EfficientNetLiteEncoder
from colorunet.networks.norms import make_norm
from colorunet.networks.pixel_classifier import PixelClassifier
from colorunet.networks.timm_encoder import PREFIX, TimmEncoder, is_timm_name
from colorunet.networks.unet import GlobalContext, ResidualBlock
from colorunet.networks.upsampling import upsample

ENCODER_NAMES = f"{', '.join(LITE_ENCODERS)} or {PREFIX}NAME"
_STRIDE = 32  # of the encoder's deepest level
_LOGITS_STRIDE = 4
_CHANNELS = (192, 128, 96, 64)  # of the way up, at strides 32, 16, 8 and 4


def is_encoder(name: str) -> bool:
    """Whether an encoder of this name exists, or is left to timm."""
    return name in LITE_ENCODERS or is_timm_name(name)


class EncoderUnet(PixelClassifier):
    """An encoder's features from stride 32 up to 4, one residual block a level.

    Args:
        bins: of the palette.
        encoder: one of ``LITE_ENCODERS``, or ``timm/`` and a name of that library; its parameters
            are random until a fit loads published ones.
        norm: of the way up: ``pixel``, ``group`` or ``volume``.
        padding: of encoder and way up: ``zeros`` or ``replicate``.
        context: global context at stride 32.
        size: edge in pixels; matters to ``volume`` only.
    """

    def __init__(
        self,
        *,
        bins: int,
        encoder: str = "efficientnet-lite0",
        norm: str = "pixel",
        padding: str = "replicate",
        context: bool = True,
        size: int = 256,
    ) -> None:
        super().__init__(bins=bins, stride=_STRIDE, logits_stride=_LOGITS_STRIDE)
        if not is_encoder(encoder):
            raise ValueError(f"encoder: expected {ENCODER_NAMES}, given {encoder!r}")
        border = "replicate" if padding == "replicate" else "constant"
        self.encoder: EfficientNetLiteEncoder | TimmEncoder = (
            TimmEncoder(encoder)
            if is_timm_name(encoder)
            else EfficientNetLiteEncoder(encoder, border=border)
        )
        edges = [-(-size // _STRIDE) * 2**level for level in range(len(_CHANNELS))]
        self.sides = nn.ModuleList(
            nn.Conv2d(before, after, 1)
            for before, after in zip(reversed(self.encoder.channels), _CHANNELS, strict=False)
        )
        self.up = nn.ModuleList(
            nn.Conv2d(before, after, 1) for before, after in pairwise(_CHANNELS)
        )
        self.context = GlobalContext(_CHANNELS[0]) if context else nn.Identity()
        self.decoder = nn.ModuleList(
            ResidualBlock(channels, norm=norm, padding=padding, size=edge)
            for channels, edge in zip(_CHANNELS, edges, strict=True)
        )
        self.head_norm = make_norm(norm, _CHANNELS[-1], size=edges[-1])
        self.head = nn.Conv2d(_CHANNELS[-1], bins, 1)

    def coarse_logits(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b n hc wc"]:
        """Return logits at a quarter of the resolution."""
        features = self.encoder(luma)
        x = self.context(self.sides[0](features[-1]))
        x = self.decoder[0](x)
        for level, up in enumerate(self.up, start=1):
            x = upsample(up(x), 2) + self.sides[level](features[-1 - level])
            x = self.decoder[level](x)
        logits: Tensor = self.head(self.head_norm(x).relu())
        return logits

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the pretrained encoder, which train at a lower rate."""
        return list(self.encoder.parameters())
