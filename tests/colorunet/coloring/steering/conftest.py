"""Photographs as the shipped network saw them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.seen_photo import SeenPhoto


@pytest.fixture(scope="session")
def colorizer() -> Colorizer:
    return Colorizer.load(backend="onnx", working_edge_px=128)


@pytest.fixture(scope="session")
def coffee(demo_photos: Path) -> Image.Image:
    """A red-brown cup on a table, gray; 600 × 400."""
    with Image.open(demo_photos / "skimage" / "coffee.png") as image:
        return image.convert("L")


@pytest.fixture(scope="session")
def seen(colorizer: Colorizer, coffee: Image.Image) -> SeenPhoto:
    return colorizer.see(np.asarray(coffee))
