"""Chroma is scaled up along the edges of the luma, and a hint's pixel gets its very colour."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorcore import rgb_to_yuv, yuv_to_rgb
from colorunet import Hint
from colorunet.coloring.composing import ColoredImage
from colorunet.coloring.upscaling import ChromaRows


def _bilinear(uv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    planes = [Image.fromarray(np.ascontiguousarray(uv[..., axis])) for axis in range(2)]
    return np.stack([plane.resize(size, Image.Resampling.BILINEAR) for plane in planes], axis=-1)


def _whole(uv: np.ndarray, luma: np.ndarray) -> np.ndarray:
    return np.stack(ChromaRows(uv, luma).rows(luma.astype(np.float32) / 255, 0), axis=-1)


@pytest.mark.parametrize("size", [(1, 1), (7, 400), (40, 60), (301, 211)])
def test_where_luma_is_flat_scaling_is_bilinear(size: tuple[int, int]) -> None:
    uv = np.random.default_rng(0).uniform(-0.1, 0.1, (24, 36, 2)).astype(np.float32)
    found = _whole(uv, np.full(size, 90, np.uint8))
    np.testing.assert_allclose(found, _bilinear(uv, (size[1], size[0])), atol=2e-6)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg", "coffee.png", "astronaut.png"])
def test_at_edges_the_error_is_less_than_that_of_bilinear(demo_photos: Path, name: str) -> None:
    rgb = np.asarray(Image.open(next(demo_photos.rglob(name))).convert("RGB"), np.float32) / 255
    yuv = rgb_to_yuv(rgb)
    luma = np.rint(yuv[..., 0] * 255).astype(np.uint8)
    height, width = luma.shape
    # What a network's colours are at best: right, but no sharper than its logits.
    coarse = _bilinear(_bilinear(yuv[..., 1:], (96, 64)), (384, 256))
    edges = np.hypot(*np.gradient(yuv[..., 0]))
    edges = edges > np.quantile(edges, 0.9)
    errors = [
        np.linalg.norm(found - yuv[..., 1:], axis=-1)[edges].mean()
        for found in (_whole(coarse, luma), _bilinear(coarse, (width, height)))
    ]
    assert errors[0] < 0.995 * errors[1]


@pytest.mark.parametrize("size", [(20, 30), (400, 600)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_pixel_of_a_hint_has_its_chroma_as_far_as_its_luma_has_room(
    size: tuple[int, int], depth: type
) -> None:
    rng = np.random.default_rng(1)
    most = int(np.iinfo(depth).max)
    luma = (rng.uniform(0.3, 0.7, size) * most).astype(depth)
    uv = rng.uniform(-0.1, 0.1, (26, 39, 2)).astype(np.float32)
    hints = (Hint(3, 3, "#c04030"), Hint(4, 3, "#3040c0"), Hint(size[1] - 1, 15, "#808080"))
    rows = list(ColoredImage(luma, uv, hints=hints).bands())
    rgb = np.concatenate(rows).astype(np.float64) / most
    for hint in hints:
        x, y = int(hint.x), int(hint.y)
        found = rgb_to_yuv(rgb[y, x])
        asked = np.array([luma[y, x] / most, *hint.uv])
        room = yuv_to_rgb(asked, clip=False)
        if room.min() >= 0 and room.max() <= 1:
            assert found[1:] == pytest.approx(hint.uv, abs=0.006)
        else:  # drawn in: the same hue, less of it
            assert 0 < np.dot(found[1:], hint.uv) < np.dot(hint.uv, hint.uv)
            assert np.cross([*found[1:], 0], [*hint.uv, 0])[2] == pytest.approx(0, abs=0.004)


def test_a_hint_leaves_no_seam_between_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    luma = np.random.default_rng(2).integers(60, 200, (90, 120), dtype=np.uint8)
    uv = np.zeros((9, 12, 2), np.float32)
    image = ColoredImage(luma, uv, hints=(Hint(60, 45, "#c04030"),))
    whole = np.concatenate(list(image.bands()))
    monkeypatch.setattr("colorunet.coloring.composing.BAND_PIXELS", 120 * 4)
    assert np.abs(whole.astype(int) - np.concatenate(list(image.bands()))).max() <= 1
    assert (whole[45, 60].astype(int).max() - whole[45, 60].min()) > 20
