"""Every kind of image file comes in upright, as 8-bit luma; broken ones say why."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorunet.prediction.images import UnusableImage, image_files, read_gray, write_color


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


def test_a_folder_gives_its_images_in_order_and_leaves_the_output_out(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "sub/c.webp", "out/d.png", ".hidden.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = image_files(tmp_path, skip=tmp_path / "out")
    assert [p.relative_to(tmp_path).as_posix() for p in found] == ["a.jpg", "b.PNG", "sub/c.webp"]


def test_transparency_is_kept_in_png(photo: Image.Image, tmp_path: Path) -> None:
    alpha = np.full((80, 120), 77, dtype=np.uint8)
    write_color(tmp_path / "a.png", np.asarray(photo), alpha)
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGBA"
        assert image.getchannel("A").getextrema() == (77, 77)
