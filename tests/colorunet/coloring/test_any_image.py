"""Whatever kind of image goes in comes out in colour, of the same kind and depth."""

import io
from pathlib import Path

import numpy as np
import odd_files as odd
import pytest
import torch
from PIL import Image

from colorunet.coloring.any_image import colorize_any
from colorunet.coloring.colorizer import Colorizer
from colorunet.errors import ColorunetError

LUMA = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


def reddened(luma: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
    """A stand-in that shows which levels and which depth it was given."""
    assert luma.ndim == 2
    assert luma.dtype in (np.uint8, np.uint16)
    return np.stack((luma, luma // 2, luma // 4), axis=-1)


EXPECTED = reddened(LUMA)


def test_a_pil_image_gives_one_and_keeps_its_alpha() -> None:
    out = colorize_any(Image.fromarray(LUMA), reddened)
    assert out.mode == "RGB"
    assert np.array_equal(np.asarray(out), EXPECTED)
    rgba = Image.merge("LA", (Image.fromarray(LUMA), Image.fromarray(255 - LUMA)))
    out = colorize_any(rgba, reddened)
    assert out.mode == "RGBA"
    assert np.array_equal(np.asarray(out)[..., 3], 255 - LUMA)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_arrays_keep_their_depth(dtype: type) -> None:
    luma = LUMA.astype(dtype) * (257 if dtype is np.uint16 else 1)
    for given in (luma, luma[..., None], np.repeat(luma[..., None], 3, axis=-1)):
        out = colorize_any(given, reddened)
        assert out.dtype == dtype
        assert np.array_equal(out, reddened(luma))
    batch = colorize_any(np.stack((luma, luma))[..., None], reddened)
    assert batch.shape == (2, 6, 8, 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_have_channels_first_and_floats_stay_floats(dtype: torch.dtype) -> None:
    image = (torch.from_numpy(LUMA).to(dtype) / 255)[None]
    out = colorize_any(image, reddened)
    assert out.dtype == dtype
    assert out.shape == (3, 6, 8)
    assert torch.allclose(out[0], image[0], atol=1e-4)
    assert colorize_any(image[None].expand(2, 3, 6, 8), reddened).shape == (2, 3, 6, 8)
    assert colorize_any(torch.from_numpy(LUMA), reddened).shape == (3, 6, 8)


def test_a_list_gives_a_list() -> None:
    out = colorize_any([Image.fromarray(LUMA), LUMA], reddened)
    assert isinstance(out[0], Image.Image)
    assert np.array_equal(out[1], EXPECTED)


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (np.zeros((4, 4, 2), np.uint8), ValueError),
        (np.zeros((4, 4), np.int32), ValueError),
        (np.full((4, 4), 255.0), ValueError),
        (np.full((4, 4), np.nan), ValueError),
        (np.zeros((0, 0)), ValueError),
        (Image.new("L", (0, 4)), ValueError),
        (b"photo.jpg", TypeError),
    ],
)
def test_what_is_none_of_these_is_refused(image: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="image: "):
        colorize_any(image, reddened)


def test_a_shipped_network_is_called_like_a_function() -> None:
    photo = Image.fromarray(np.tile(LUMA, (20, 16)))
    colored = Colorizer.load("colorunet-listed")(photo)
    assert colored.size == photo.size
    assert np.ptp(np.asarray(colored), axis=-1).max() > 0


def _phones_photo() -> Image.Image:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "At the lake"
    photo = Image.fromarray(LUMA)
    buffer = io.BytesIO()
    photo.save(buffer, "PNG", exif=exif, icc_profile=odd.gray_profile(1.0), dpi=(300, 300))
    return Image.open(buffer)


def test_a_pil_image_is_read_as_its_file_is(tmp_path: Path) -> None:
    photo = _phones_photo()
    path = tmp_path / "photo.png"
    path.write_bytes(photo.fp.getvalue())
    right = np.rot90(np.rint(255 * odd.srgb_of(LUMA / 255)).astype(np.uint8), 3)
    for given in (photo, path, str(path)):
        out = colorize_any(given, reddened)
        assert out.size == (6, 8)
        assert np.abs(np.asarray(out)[..., 0].astype(int) - right).max() <= 1
        exif = out.getexif()
        assert (exif[0x0112], exif[0x010E]) == (1, "At the lake")
        assert out.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        buffer = io.BytesIO()
        out.save(buffer, "PNG")  # whoever opens it knows that its numbers are sRGB's
        profile = Image.open(buffer).info["icc_profile"]
        assert profile != odd.gray_profile(1.0)


def test_deep_gray_of_pil_is_colored_in_8_bits() -> None:
    out = colorize_any(Image.fromarray(LUMA.astype(np.uint16) * 257), reddened)
    assert np.array_equal(np.asarray(out)[..., 0], LUMA)


def test_a_file_that_is_no_photo_is_named(tmp_path: Path) -> None:
    with pytest.raises(ColorunetError, match=r"nowhere.jpg: No such file"):
        colorize_any(tmp_path / "nowhere.jpg", reddened)
    (tmp_path / "a.jpg").write_bytes(b"hello")
    with pytest.raises(ColorunetError, match=r"a.jpg: undecodable"):
        colorize_any(tmp_path / "a.jpg", reddened)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 4, 4, 3), (4, 0, 3)])
def test_an_empty_array_is_refused(shape: tuple[int, ...]) -> None:
    for given in (np.zeros(shape, np.uint8), np.zeros(shape)):
        with pytest.raises(ValueError, match="no pixels"):
            colorize_any(given, reddened)
