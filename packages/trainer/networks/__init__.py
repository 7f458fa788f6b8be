"""Networks by name: settings in, a ``PixelClassifier`` out."""

from trainer.networks.encoder_unet import EncoderUnet
from trainer.networks.pixel_classifier import PixelClassifier
from trainer.networks.poster import ColorUnet
from trainer.networks.registry import ARCHITECTURES, NetworkSettings, build_network
from trainer.networks.unet import UNet

__all__ = [
    "ARCHITECTURES",
    "ColorUnet",
    "EncoderUnet",
    "NetworkSettings",
    "PixelClassifier",
    "UNet",
    "build_network",
]
