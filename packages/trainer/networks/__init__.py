"""Networks by name: settings in, a ``PixelClassifier`` out."""

from trainer.networks.pixel_classifier import PixelClassifier
from trainer.networks.poster import ColorUnet
from trainer.networks.registry import ARCHITECTURES, NetworkSettings, build_network
from trainer.networks.unet import UNet

__all__ = [
    "ARCHITECTURES",
    "ColorUnet",
    "NetworkSettings",
    "PixelClassifier",
    "UNet",
    "build_network",
]
