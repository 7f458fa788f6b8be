"""Gray photos and those in one tint are told from photos in colour."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataprep.photos.colorless import is_gray, is_toned, lack_of_color

MATRIX = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> Image.Image:
    return Image.open(demo_photos / "sklearn" / "china.jpg").convert("RGB")


def as_jpeg(pixels: np.ndarray, quality: int = 90) -> Image.Image:
    buffer = io.BytesIO()
    image = Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def luma(photo: Image.Image) -> np.ndarray:
    return np.asarray(photo.convert("L"), dtype=np.float64)


def along(photo: Image.Image, *colors: tuple[int, int, int]) -> np.ndarray:
    """Tones a photo: black and white and what lies between become the colours, in their order."""
    at = np.linspace(0, 255, len(colors))
    channels = [np.interp(luma(photo), at, channel) for channel in zip(*colors, strict=True)]
    return np.stack(channels, axis=-1)


def bordered(photo: Image.Image) -> np.ndarray:
    sepia = along(photo, (10, 5, 0), (112, 84, 58), (255, 248, 232))
    return np.pad(sepia, ((30, 30), (30, 30), (0, 0)), constant_values=255)


TONES: dict[str, Callable[[Image.Image], np.ndarray]] = {
    "matrix": lambda photo: np.asarray(photo, dtype=np.float64) @ MATRIX.T,
    "tint": lambda photo: luma(photo)[..., None] * (1, 0.84, 0.62),
    "faint": lambda photo: luma(photo)[..., None] * (1, 0.95, 0.86),
    "sepia": lambda photo: along(photo, (10, 5, 0), (112, 84, 58), (255, 248, 232)),
    "selenium": lambda photo: along(photo, (12, 4, 10), (110, 95, 102), (252, 250, 250)),
    "cyanotype": lambda photo: along(photo, (8, 24, 60), (60, 120, 165), (240, 246, 244)),
    "duotone": lambda photo: along(photo, (40, 10, 60), (255, 230, 160)),
    "white border": bordered,
}


@pytest.mark.parametrize("tone", TONES)
def test_a_gray_photo_in_a_tint_is_toned_and_not_gray(photo: Image.Image, tone: str) -> None:
    toned = as_jpeg(TONES[tone](photo))
    assert lack_of_color(toned) == "toned"
    assert not is_gray(toned)


@pytest.mark.parametrize("edge_px", [240, 480, 2400])
def test_a_tint_is_found_at_any_size(photo: Image.Image, edge_px: int) -> None:
    scaled = photo.resize((edge_px * 3 // 2, edge_px), Image.Resampling.BICUBIC)
    assert lack_of_color(as_jpeg(TONES["tint"](scaled), quality=95)) == "toned"


def test_photographs_in_colour_are_neither(demo_photos: Path) -> None:
    paths = [path for path in demo_photos.rglob("*") if path.suffix in {".png", ".jpg"}]
    images = {path.name: Image.open(path) for path in paths}
    said = {name: lack_of_color(i.convert("RGB")) for name, i in images.items() if i.mode != "L"}
    assert len(said) >= 5
    assert not any(said.values()), said


def sky(*, hues: float) -> np.ndarray:
    """Makes a sunset: dark land, and a sky whose hue changes along the horizon by so much red."""
    height, across = np.mgrid[0:1:300j, 0:1:400j]
    red, green, blue = 230 - 60 * height, 150 - 70 * height, 70 + 30 * height
    red, blue = red - hues * across, blue + hues * across
    land = height > 0.8 + 0.05 * np.sin(9 * across)
    return np.where(land[..., None], 20.0, np.stack([red, green, blue], axis=-1))


def test_a_sunset_with_several_hues_is_kept() -> None:
    assert not lack_of_color(as_jpeg(sky(hues=60)))


def test_a_toned_photo_with_one_thing_in_another_colour_is_kept(photo: Image.Image) -> None:
    pixels = TONES["tint"](photo)
    assert is_toned(as_jpeg(pixels))
    pixels[200:270, 300:400] = luma(photo)[200:270, 300:400, None] * (0.5, 0.8, 1)
    assert not lack_of_color(as_jpeg(pixels))


def test_one_colour_without_light_and_dark_is_no_toned_photo() -> None:
    assert not lack_of_color(as_jpeg(np.full((200, 300, 3), (150.0, 126.0, 93.0))))


def test_a_gray_photo_is_gray_and_not_toned(photo: Image.Image) -> None:
    assert lack_of_color(as_jpeg(np.stack([luma(photo)] * 3, axis=-1))) == "gray"


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (700, 1)])
def test_a_sliver_is_no_error(photo: Image.Image, size: tuple[int, int]) -> None:
    assert lack_of_color(photo.resize(size)) in {"", "gray", "toned"}
