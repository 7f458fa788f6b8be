"""Copies of photographs are found whatever was done to them; different photographs aren't."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataprep.photos.copy_prints import COPY_PRINT, copy_print
from dataprep.photos.print_index import LOOK_ALIKE, SURE_COPY, PrintIndex

Change = Callable[[Image.Image], Image.Image]


def _crop(left: float, top: float, right: float, bottom: float) -> Change:
    def change(image: Image.Image) -> Image.Image:
        width, height = image.size
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        return image.crop(tuple(map(round, box)))

    return change


def _curve(of: Callable[[float], float]) -> Change:
    table = [min(255, round(255 * of(level / 255))) for level in range(256)]
    return lambda image: image.point(table * 3)


def _turned(how: Image.Transpose) -> Change:
    return lambda image: image.transpose(how)


def _mirrored_crop_in_another_gamma(image: Image.Image) -> Image.Image:
    cropped = _crop(0.03, 0.08, 0.06, 0.02)(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    return _curve(lambda level: level**0.8)(cropped)


CHANGES: dict[str, Change] = {
    **{f"turned {how.name}": _turned(how) for how in Image.Transpose},
    "brighter by 15 %": _curve(lambda level: 1.15 * level),
    "darker by 20 %": _curve(lambda level: 0.8 * level),
    "gamma 1.4": _curve(lambda level: level**1.4),
    "cropped by 6 %": _crop(0.06, 0.06, 0.06, 0.06),
    "cropped by 10 %": _crop(0.1, 0.1, 0.1, 0.1),
    "cropped on one side": _crop(0.1, 0, 0, 0),
    "mirrored, cropped, gamma 0.8": _mirrored_crop_in_another_gamma,
}


def _small_jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    small = image.resize((image.width * 3 // 5, image.height * 3 // 5), Image.Resampling.LANCZOS)
    small.save(buffer, "JPEG", quality=75)
    return Image.open(buffer).convert("RGB")


@pytest.fixture(scope="module")
def photos(demo_photos: Path) -> list[Image.Image]:
    # A field of stars has no large shapes by which a crop could be found.
    paths = [path for path in sorted(demo_photos.rglob("*.*")) if "hubble" not in path.name]
    return [Image.open(path).convert("RGB") for path in paths]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_no_other_photo(change: str, photos: list[Image.Image]) -> None:
    index = PrintIndex(LOOK_ALIKE)
    for number, photo in enumerate(photos):
        index.add(copy_print(photo), str(number))
    found = [index.find(copy_print(_small_jpeg(CHANGES[change](photo)))) for photo in photos]
    assert found == [[str(number)] for number in range(len(photos))]


def test_a_copy_is_found_among_more_prints_than_are_computed_at_once(
    photos: list[Image.Image],
) -> None:
    index = PrintIndex(LOOK_ALIKE)
    random = np.random.default_rng(0)
    for number in range(1_050):
        noise = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        index.add(copy_print(Image.fromarray(noise)), f"noise-{number}")
    index.add(copy_print(photos[0]), "photo")
    assert index.find(copy_print(_small_jpeg(photos[0]))) == ["photo"]


def test_things_of_one_shape_in_other_colors_are_no_sure_copies(photos: list[Image.Image]) -> None:
    gray = photos[0].convert("L")
    toned = [Image.merge("RGB", (gray, gray.point(lambda v: v // 2), gray)), gray.convert("RGB")]
    index = PrintIndex(SURE_COPY)
    index.add(copy_print(toned[0]), "magenta")
    assert index.find(copy_print(toned[1])) == []
    assert index.find(copy_print(toned[0].reduce(2))) == ["magenta"]


@pytest.mark.parametrize("rule", [SURE_COPY, LOOK_ALIKE])
def test_plain_areas_and_smooth_skies_are_no_copies_of_each_other(rule) -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(60, 200, 256)[:, None].repeat(320, 1)
    plain = [np.full((256, 320), level) for level in (0, 90, 255)]
    skies = [ramp + rng.normal(0, 3, ramp.shape) for _ in range(6)]
    index = PrintIndex(rule)
    for number, levels in enumerate(plain + skies):
        image = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).convert("RGB")
        assert index.find(copy_print(image)) == []
        index.add(copy_print(image), str(number))


def test_a_print_is_text_of_fixed_length_and_the_same_every_time(photos: list[Image.Image]) -> None:
    texts = [copy_print(photo) for photo in photos]
    assert all(COPY_PRINT.fullmatch(text) for text in texts)
    assert texts == [copy_print(photo) for photo in photos]
