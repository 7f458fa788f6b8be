"""Networks by name: settings in, a ``PixelClassifier`` out."""

from colorunet.networks.encoder_unet import EncoderUnet
from colorunet.networks.pixel_classifier import PixelClassifier
from colorunet.networks.poster import ColorUnet
from colorunet.networks.registry import ARCHITECTURES, NetworkSettings, build_network
from colorunet.networks.unet import UNet

__all__ = [
    "ARCHITECTURES",
    "ColorUnet",
    "EncoderUnet",
    "NetworkSettings",
    "PixelClassifier",
    "UNet",
    "build_network",
]
