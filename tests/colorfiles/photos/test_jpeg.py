"""A JPEG whose pixels run out is told from one that is whole; an endless one is refused."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorfiles.photos import UnreadableImage, read_image
from colorfiles.photos.jpeg import ends_early

OPTIONS = [
    {},
    {"progressive": True},
    {"restart_marker_blocks": 4},
    {"subsampling": 2, "optimize": True},
]


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> Image.Image:
    return Image.open(demo_photos / "sklearn" / "china.jpg").convert("RGB").resize((320, 240))


def encoded(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def judged(data: bytes) -> bool:
    return ends_early(data, Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("color", [None, (255, 255, 255), (0, 0, 0), (128, 128, 128), (9, 80, 200)])
def test_whole_pictures_pass_with_borders_of_any_color(
    photo: Image.Image, options: dict, color: tuple[int, int, int] | None
) -> None:
    image = photo.copy()
    if color:
        image.paste(color, (0, 120, 320, 240))
    assert not judged(encoded(image, **options))
    assert not judged(encoded(image, **options) + b"trailing \xff\xd9 bytes")


def test_a_picture_of_one_color_passes() -> None:
    assert not judged(encoded(Image.new("RGB", (200, 100), (3, 90, 30))))


@pytest.mark.parametrize("options", [option for option in OPTIONS if "progressive" not in option])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_cut_picture_that_was_given_an_end_mark_is_noticed(
    photo: Image.Image, options: dict, share: float
) -> None:
    data = encoded(photo, **options)
    cut = data[: int(len(data) * share)].rstrip(b"\xff") + b"\xff\xd9"
    assert judged(cut)


def test_a_picture_with_more_rows_than_pixels_is_noticed(photo: Image.Image) -> None:
    data = bytearray(encoded(photo))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 7] = (480).to_bytes(2, "big")
    assert np.asarray(Image.open(io.BytesIO(data))).shape == (480, 320, 3)
    assert judged(bytes(data))


def test_scans_without_end_are_refused(photo: Image.Image) -> None:
    """Each would go over the whole picture: a megabyte of them over 49 megapixels, for minutes."""
    data = encoded(photo, progressive=True)
    assert read_image(data).size == photo.size
    last = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(UnreadableImage, match="a JPEG of endless scans"):
        read_image(data[:-2] + last * 100 + b"\xff\xd9")
    hidden = b"\xff\xfe\0\4\xff\xd9"  # an end mark in a comment ends nothing
    with pytest.raises(UnreadableImage, match="a JPEG of endless scans"):
        read_image(data[:-2] + hidden + last * 100 + b"\xff\xd9")
    assert read_image(data + last * 1000).size == photo.size  # behind the end nothing is read


def test_exif_without_end_is_refused(photo: Image.Image) -> None:
    segment = b"\xff\xe1\0\x0aExif\0\0ab"
    data = encoded(photo)
    assert read_image(data[:2] + segment * 3 + data[2:]).size == photo.size
    with pytest.raises(UnreadableImage, match="a JPEG of endless segments of EXIF"):
        read_image(data[:2] + segment * 1000 + data[2:])
