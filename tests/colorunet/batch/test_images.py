"""Every kind of image file comes in upright, as 8-bit luma; broken ones say why."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorunet.batch.images import is_whole, read_gray, read_gray_pages
from colorunet.errors import UnusableImage


@pytest.fixture
def photo(demo_photos: Path) -> Image.Image:
    return Image.open(next(demo_photos.rglob("coffee.png"))).convert("RGB").resize((120, 80))


def _saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def test_a_color_photo_gives_its_luma(photo: Image.Image, tmp_path: Path) -> None:
    gray = read_gray(_saved(photo, tmp_path / "a.png"))
    rgb = np.asarray(photo).astype(float)
    expected = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(gray.luma - expected).max() <= 1
    assert gray.alpha is None


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr"])
def test_every_mode_is_read_at_its_size(mode: str, photo: Image.Image, tmp_path: Path) -> None:
    suffix = ".jpg" if mode in ("CMYK", "YCbCr") else ".png"
    gray = read_gray(_saved(photo.convert(mode), tmp_path / f"a{suffix}"))
    assert gray.luma.shape == (80, 120)
    assert gray.luma.dtype == np.uint8
    assert (gray.alpha is not None) == (mode in ("RGBA", "LA"))
    wanted = np.asarray(photo.convert(mode).convert("RGB").convert("L")).astype(float)
    assert np.abs(gray.luma - wanted).mean() < 5  # JPEG loses some


def test_sixteen_bits_become_eight_without_clipping(photo: Image.Image, tmp_path: Path) -> None:
    levels = np.asarray(photo.convert("L")).astype(np.uint16) * 257
    gray = read_gray(_saved(Image.fromarray(levels), tmp_path / "deep.png"))
    np.testing.assert_array_equal(gray.luma, levels // 257)


def test_a_rotated_photo_comes_upright(photo: Image.Image, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    gray = read_gray(_saved(photo, tmp_path / "a.jpg", exif=exif, quality=95))
    assert gray.luma.shape == (120, 80)
    turned = np.asarray(photo.convert("L").rotate(-90, expand=True)).astype(float)
    assert np.abs(gray.luma - turned).mean() < 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "an empty file"), (b"hello", "not a known image"), (None, "no such file")],
)
def test_what_is_no_image_says_so(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableImage, match=reason):
        read_gray(path)


def test_an_image_cut_short_is_unusable(photo: Image.Image, tmp_path: Path) -> None:
    path = _saved(photo, tmp_path / "x.png")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UnusableImage, match="undecodable"):
        read_gray(path)


def test_a_damaged_page_costs_only_itself(photo: Image.Image, tmp_path: Path) -> None:
    pages = [photo.convert("L").resize((90 + k, 60)) for k in range(3)]
    path = _saved(pages[0], tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with Image.open(path) as image:
        image.seek(1)
        (start,) = image.tag_v2[273]
    data = bytearray(path.read_bytes())
    place = data.index(start.to_bytes(4, "little"))
    data[place : place + 4] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(data)
    first, second, third = read_gray_pages(path)
    assert isinstance(second, UnusableImage)
    assert (first.luma.shape, third.luma.shape) == ((60, 90), (60, 92))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".webp", ".tif"])
def test_an_image_cut_anywhere_is_not_whole(
    suffix: str, photo: Image.Image, tmp_path: Path
) -> None:
    path = _saved(photo.convert("L"), tmp_path / f"a{suffix}")
    assert is_whole(path)
    data = path.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 70):
        path.write_bytes(data[:length])
        assert not is_whole(path), length
