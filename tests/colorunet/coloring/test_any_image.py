"""Whatever kind of image goes in comes out in colour, of the same kind and depth."""

import numpy as np
import pytest
import torch
from PIL import Image

from colorunet.coloring.any_image import colorize_any
from colorunet.coloring.colorizer import Colorizer

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
        ("photo.jpg", TypeError),
        (np.zeros((4, 4, 2), np.uint8), ValueError),
        (np.zeros((4, 4), np.int32), ValueError),
        (np.full((4, 4), 255.0), ValueError),
        (np.full((4, 4), np.nan), ValueError),
        (np.zeros((0, 0)), ValueError),
        (Image.new("I;16", (4, 4)), ValueError),
    ],
)
def test_what_is_none_of_these_is_refused(image: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="image: "):
        colorize_any(image, reddened)


def test_a_shipped_network_is_called_like_a_function() -> None:
    photo = Image.fromarray(np.tile(LUMA, (20, 16)))
    colored = Colorizer.load("colorunet-small")(photo)
    assert colored.size == photo.size
    assert np.ptp(np.asarray(colored), axis=-1).max() > 0
