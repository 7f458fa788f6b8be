"""Films made from real photographs, and the shipped network at a small working size."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from film_of_photos import Film, FilmFrame, Shot, Wear
from PIL import Image

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions


@pytest.fixture(scope="session")
def colorizer() -> Colorizer:
    """The shipped network, seeing little, so that a film takes a second."""
    return Colorizer.load(options=PredictionOptions(scales=(1.0,)), working_edge_px=64)


@pytest.fixture(scope="session")
def film(demo_photos: Path) -> Callable[..., list[FilmFrame]]:
    """Returns a function that makes a worn film of several shots, one photograph each."""
    photos = [
        Image.open(next(demo_photos.rglob(name))).convert("RGB")
        for name in ("coffee.png", "chelsea.png", "china.jpg", "flower.jpg")
    ]

    def make(*frames: int, size: tuple[int, int] = (96, 64), wear: Wear | None = None) -> list:
        shots = [
            Shot(photo, count, (0.45, 0.5, 0.7), (0.55, 0.5, 0.7))
            for photo, count in zip(photos, frames, strict=False)
        ]
        return list(Film(shots, size=size, wear=wear or Wear(4, 0.002, 0.02)))

    return make


@pytest.fixture(scope="session")
def gray_film(film: Callable[..., list[FilmFrame]]) -> Callable[..., list[np.ndarray]]:
    """Returns a function that makes the luma of such a film, in limited range, 8 bits or more."""

    def make(*frames: int, size: tuple[int, int] = (96, 64), bits: int = 8) -> list[np.ndarray]:
        levels = []
        for frame in film(*frames, size=size):
            luma = np.asarray(Image.fromarray(frame.rgb).convert("L"), np.float32)
            scaled = np.rint((16 + luma * 219 / 255) * (1 << (bits - 8)))
            levels.append(scaled.astype(np.uint8 if bits == 8 else np.uint16))
        return levels

    return make
