"""Networks, their parameters, and colourisation of gray photos."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from colorfiles.public_names import lazy_exports

if TYPE_CHECKING:
    from colorunet.batch.files import colorize_files
    from colorunet.coloring.averaging import Averaging
    from colorunet.coloring.calling import CallOptions, DrawnImage
    from colorunet.coloring.colorizer import Colorizer
    from colorunet.coloring.decoding import Decoding
    from colorunet.coloring.options import PredictionOptions
    from colorunet.coloring.steering.hints import Hint, parse_hints, read_hints
    from colorunet.coloring.steering.reference import Reference, read_reference
    from colorunet.coloring.steering.steer import Steering
    from colorunet.coloring.toning import Toning
    from colorunet.errors import ColorunetError
    from colorunet.evidence.mark import Mark
    from colorunet.evidence.reading import is_marked, read_mark
    from colorunet.evidence.xmp import with_mark
    from colorunet.networks.registry import NetworkSettings, build_network
    from colorunet.parameters.checkpoint import load_run
    from colorunet.parameters.shipped import shipped_run
    from colorunet.video.film import colorize_video

__all__ = [
    "Averaging",
    "CallOptions",
    "Colorizer",
    "ColorunetError",
    "Decoding",
    "DrawnImage",
    "Hint",
    "Mark",
    "NetworkSettings",
    "PredictionOptions",
    "Reference",
    "Steering",
    "Toning",
    "__version__",
    "build_network",
    "colorize_files",
    "colorize_video",
    "is_marked",
    "load_run",
    "parse_hints",
    "read_hints",
    "read_mark",
    "read_reference",
    "shipped_run",
    "with_mark",
]

try:
    __version__ = version("colorunet")
    """The version of the distribution; ``0+source`` where it runs from a source tree."""
except PackageNotFoundError:  # run from the source tree
    __version__ = "0+source"

__getattr__ = lazy_exports(
    __name__,
    {
        "Averaging": "colorunet.coloring.averaging",
        "CallOptions": "colorunet.coloring.calling",
        "Colorizer": "colorunet.coloring.colorizer",
        "ColorunetError": "colorunet.errors",
        "Decoding": "colorunet.coloring.decoding",
        "DrawnImage": "colorunet.coloring.calling",
        "Hint": "colorunet.coloring.steering.hints",
        "Mark": "colorunet.evidence.mark",
        "NetworkSettings": "colorunet.networks.registry",
        "PredictionOptions": "colorunet.coloring.options",
        "Reference": "colorunet.coloring.steering.reference",
        "Steering": "colorunet.coloring.steering.steer",
        "Toning": "colorunet.coloring.toning",
        "build_network": "colorunet.networks.registry",
        "colorize_files": "colorunet.batch.files",
        "colorize_video": "colorunet.video.film",
        "is_marked": "colorunet.evidence.reading",
        "load_run": "colorunet.parameters.checkpoint",
        "parse_hints": "colorunet.coloring.steering.hints",
        "read_hints": "colorunet.coloring.steering.hints",
        "read_mark": "colorunet.evidence.reading",
        "read_reference": "colorunet.coloring.steering.reference",
        "shipped_run": "colorunet.parameters.shipped",
        "with_mark": "colorunet.evidence.xmp",
    },
)
