"""A reference lends its palette and its tones; a gray one is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorcore import yuv_to_rgb
from colorunet import ColorunetError, Reference, Steering, read_reference
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.seen_photo import SeenPhoto


def _image(dark: tuple[float, float], light: tuple[float, float]) -> Image.Image:
    """A picture whose lower half is dark and upper half light, each of one chroma."""
    yuv = np.empty((64, 64, 3))
    yuv[:32] = (0.75, *light)
    yuv[32:] = (0.25, *dark)
    noise = np.random.default_rng(0).normal(0, 0.05, (64, 64))
    yuv[..., 0] += noise
    return Image.fromarray(np.rint(yuv_to_rgb(yuv) * 255).astype(np.uint8))


def test_the_colors_move_toward_those_of_the_reference(
    seen: SeenPhoto, colorizer: Colorizer, demo_photos: Path
) -> None:
    own = colorizer.steered(seen).mean(axis=(0, 1))
    for chroma in ((0.06, -0.05), (-0.06, -0.03), (-0.04, 0.1)):
        reference = Reference.of(_image(chroma, chroma))
        found = colorizer.steered(seen, Steering(reference=reference)).mean(axis=(0, 1))
        asked = np.array(chroma)
        assert np.linalg.norm(found - asked) < 0.6 * np.linalg.norm(own - asked)


def test_its_tones_count_colors_given_luma(seen: SeenPhoto, colorizer: Colorizer) -> None:
    dark, light = seen.luma < 90, seen.luma > 170
    blue, orange = (0.08, -0.04), (-0.06, 0.08)
    one = colorizer.steered(seen, Steering(reference=Reference.of(_image(blue, orange))))
    two = colorizer.steered(seen, Steering(reference=Reference.of(_image(orange, blue))))
    assert one[dark][:, 0].mean() > two[dark][:, 0].mean() + 0.03
    assert one[light][:, 0].mean() < two[light][:, 0].mean() - 0.03


def test_a_gray_reference_is_refused_by_name(tmp_path: Path, coffee: Image.Image) -> None:
    path = tmp_path / "other.png"
    for mode in ("L", "RGB", "I;16"):
        coffee.convert("I;16" if mode == "I;16" else mode).save(path)
        with pytest.raises(ColorunetError, match=r"other\.png: the reference is gray"):
            read_reference(path)


def test_what_is_no_photo_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    for name in ("broken.jpg", "missing.jpg", "."):
        with pytest.raises(ColorunetError):
            read_reference(tmp_path / name)


def test_versions_and_hints_work_under_a_reference(seen: SeenPhoto, colorizer: Colorizer) -> None:
    steering = Steering(reference=Reference.of(_image((0.06, -0.05), (-0.04, 0.1))))
    first, second = colorizer.versions(seen, 2, steering)
    np.testing.assert_allclose(first.uv, colorizer.steered(seen, steering), atol=1e-6)
    assert np.abs(first.uv - second.uv).mean() > 0.01
