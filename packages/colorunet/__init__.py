"""The network and its use: networks, their parameters, and from a gray photo to a coloured one."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from colorfiles.public_names import imported_when_asked

if TYPE_CHECKING:
    from colorunet.errors import ColorunetError
    from colorunet.networks.registry import NetworkSettings, build_network
    from colorunet.parameters.checkpoint import load_run
    from colorunet.parameters.shipped import shipped_run
    from colorunet.prediction.calling import CallOptions, DrawnImage
    from colorunet.prediction.colorizer import Colorizer
    from colorunet.prediction.decoding import Decoding
    from colorunet.prediction.files import colorize_files
    from colorunet.prediction.options import PredictionOptions
    from colorunet.prediction.steering.hints import Hint, parse_hints, read_hints
    from colorunet.prediction.steering.reference import Reference, read_reference
    from colorunet.prediction.steering.steer import Steering
    from colorunet.prediction.test_time_augmentation import Averaging
    from colorunet.prediction.toning import Toning
    from colorunet.video.film import colorize_video

__all__ = [
    "Averaging",
    "CallOptions",
    "Colorizer",
    "ColorunetError",
    "Decoding",
    "DrawnImage",
    "Hint",
    "NetworkSettings",
    "PredictionOptions",
    "Reference",
    "Steering",
    "Toning",
    "__version__",
    "build_network",
    "colorize_files",
    "colorize_video",
    "load_run",
    "parse_hints",
    "read_hints",
    "read_reference",
    "shipped_run",
]

try:
    __version__ = version("colorunet")
    """The version of the distribution; ``0+source`` where it runs from a source tree."""
except PackageNotFoundError:  # run from the source tree
    __version__ = "0+source"

__getattr__ = imported_when_asked(
    __name__,
    {
        "Averaging": "colorunet.prediction.test_time_augmentation",
        "CallOptions": "colorunet.prediction.calling",
        "Colorizer": "colorunet.prediction.colorizer",
        "ColorunetError": "colorunet.errors",
        "Decoding": "colorunet.prediction.decoding",
        "DrawnImage": "colorunet.prediction.calling",
        "Hint": "colorunet.prediction.steering.hints",
        "NetworkSettings": "colorunet.networks.registry",
        "PredictionOptions": "colorunet.prediction.options",
        "Reference": "colorunet.prediction.steering.reference",
        "Steering": "colorunet.prediction.steering.steer",
        "Toning": "colorunet.prediction.toning",
        "build_network": "colorunet.networks.registry",
        "colorize_files": "colorunet.prediction.files",
        "colorize_video": "colorunet.video.film",
        "load_run": "colorunet.parameters.checkpoint",
        "parse_hints": "colorunet.prediction.steering.hints",
        "read_hints": "colorunet.prediction.steering.hints",
        "read_reference": "colorunet.prediction.steering.reference",
        "shipped_run": "colorunet.parameters.shipped",
    },
)
