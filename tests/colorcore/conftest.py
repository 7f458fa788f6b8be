"""Colours and palettes that the tests of colorcore share."""

from collections.abc import Iterator

import jaxtyping
import numpy as np
import pytest

from colorcore import Palette, UvGrid, UvHistogram, grid_palette, kmeans_palette, uv_of_uint8


@pytest.fixture(scope="session")
def colors() -> np.ndarray:
    """(n, 3) uint8 colours: a cloud around gray, as photographs have, and some vivid ones."""
    rng = np.random.default_rng(7)
    cloud = rng.normal(128, 60, (8_000, 1)) + rng.normal(0, 25, (8_000, 3))
    vivid = rng.integers(0, 256, (4_000, 3))
    return np.clip(np.concatenate((cloud, vivid)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def histogram(colors: np.ndarray) -> UvHistogram:
    """Those colours on the fine grid."""
    return UvHistogram.empty().add(uv_of_uint8(colors))


@pytest.fixture(scope="session", params=[2, 6, 32, 255], ids=lambda n: f"n={n}")
def palette(request: pytest.FixtureRequest, histogram: UvHistogram) -> Palette:
    """A k-means palette of each size that matters."""
    return kmeans_palette(histogram, request.param)


@pytest.fixture(scope="session")
def palettes(histogram: UvHistogram, colors: np.ndarray) -> dict[str, Palette]:
    """A palette of each kind, with 32 bins."""
    uv = uv_of_uint8(colors)
    return {
        "k-means": kmeans_palette(histogram, 32),
        "even grid 10": grid_palette(UvHistogram.empty(UvGrid(10, False)).add(uv), 32),
        "neutral grid 11": grid_palette(UvHistogram.empty(UvGrid(11)).add(uv), 32),
        "neutral grid 21": grid_palette(UvHistogram.empty(UvGrid(21)).add(uv), 32),
    }


@pytest.fixture
def unchecked_shapes() -> Iterator[None]:
    """Let wrong arguments reach the functions, as they do outside the tests."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
