"""One call in Python has every option of the command line, for any kind of image."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from colorcore import rgb_to_yuv
from colorunet import Colorizer, Hint, Reference
from colorunet.cli import app


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.load(backend="onnx", working_edge_px=96)


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> Image.Image:
    with Image.open(demo_photos / "skimage" / "coffee.png") as image:
        return image.convert("RGB").resize((150, 100))


def _chroma(image: Image.Image | np.ndarray) -> float:
    uv = rgb_to_yuv(np.asarray(image, np.float64) / 255)[..., 1:]
    return float(np.linalg.norm(uv, axis=-1).mean())


def test_each_option_does_what_its_namesake_on_the_command_line_does(
    colorizer: Colorizer, photo: Image.Image, demo_photos: Path, tmp_path: Path
) -> None:
    photo.save(tmp_path / "in.png")
    other = demo_photos / "sklearn" / "flower.jpg"
    cases = (
        {"warmth": 0.7, "vividness": 0.9},
        {"temperature": 0.9, "saturation": 1.5, "caution": 0.5, "strength": 0.4},
        {"reference": other},
    )
    for case in cases:
        words = [word for name, value in case.items() for word in (f"--{name}", str(value))]
        line = ["colorize", tmp_path / "in.png", "-o", tmp_path / "o.png", "--overwrite"]
        line += ["--working-edge", "96", *words]
        done = CliRunner().invoke(app, [str(word) for word in line])
        assert done.exit_code == 0, done.output
        given = dict(case)
        if "reference" in given:
            with Image.open(other) as image:
                given["reference"] = Reference.of(image)
        found = np.asarray(colorizer(photo, **given)).astype(int)  # type: ignore[arg-type]
        with Image.open(tmp_path / "o.png") as image:
            assert np.abs(found - np.asarray(image)).max() <= 1, case


def test_strength_goes_from_the_images_own_colors_to_new_ones(
    colorizer: Colorizer, photo: Image.Image
) -> None:
    own = np.asarray(colorizer(photo, strength=0)).astype(int)
    assert np.abs(own - np.asarray(photo)).max() <= 2
    assert np.asarray(colorizer(photo.convert("L"), strength=0)).std(axis=-1).max() == 0


def test_a_hint_holds_for_every_kind_of_image(colorizer: Colorizer, photo: Image.Image) -> None:
    luma = np.asarray(photo.convert("L"))
    y, x = divmod(int(np.argmin(np.abs(luma.astype(int) - 105))), luma.shape[1])
    hint = Hint(x, y, "#5a7846")
    tensor = torch.from_numpy(luma.astype(np.float32) / 255)[None]
    found = [
        np.asarray(colorizer(photo, hints=[hint])) / 255,
        colorizer(luma, hints=[hint]) / 255,
        np.moveaxis(colorizer(tensor, hints=[hint]).numpy(), 0, -1),
    ]
    for rgb in found:
        assert rgb_to_yuv(rgb.astype(np.float64))[y, x, 1:] == pytest.approx(hint.uv, abs=0.006)


def test_drawn_images_are_of_the_kind_given_and_the_first_is_that_of_a_plain_call(
    colorizer: Colorizer, photo: Image.Image
) -> None:
    for image in (photo, np.asarray(photo)):
        first, second, third = colorizer.draw(image, 3)
        assert type(first.image) is type(image)
        assert first.likelihood > second.likelihood > third.likelihood
        np.testing.assert_array_equal(np.asarray(first.image), np.asarray(colorizer(image)))
        apart = np.asarray(second.image).astype(int) - np.asarray(third.image)
        assert np.abs(apart).mean() > 2


def test_what_cannot_be_is_refused(colorizer: Colorizer, photo: Image.Image) -> None:
    with pytest.raises(TypeError, match="warmness: no such option; expected some of warmth"):
        colorizer(photo, warmness=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="one of them"):
        colorizer(photo, vividness=0.5, temperature=0.5)
    for wrong in ({"warmth": 2}, {"vividness": -1}, {"saturation": -1}, {"strength": 1.1}):
        with pytest.raises(ValueError, match="expected a number"):
            colorizer(photo, **wrong)  # type: ignore[arg-type]
    hint = Hint(1, 1, "#5a7846")
    for several in ([photo], np.zeros((2, 8, 8, 3), np.uint8)):
        with pytest.raises(ValueError, match="given several"):
            colorizer(several, hints=[hint])
        with pytest.raises(ValueError, match="given several"):
            colorizer.draw(several, 2)
    for count in (0, 17):
        with pytest.raises(ValueError, match="expected 1 to 16"):
            colorizer.draw(photo, count)


def test_both_backends_give_the_same_pixels_under_hints_reference_and_in_versions(
    photo: Image.Image,
) -> None:
    hints = [Hint(20, 30, "#c04030"), Hint(100, 60, "#3060a0")]
    reference = Reference.of(photo.transpose(Image.Transpose.ROTATE_180))
    found = []
    for backend in ("torch", "onnx"):
        colorizer = Colorizer.load(backend=backend, working_edge_px=96)  # type: ignore[arg-type]
        drawn = colorizer.draw(photo, 3, hints=hints)
        likelihoods = [one.likelihood for one in drawn]
        images = [colorizer(photo, hints=hints, reference=reference), *(d.image for d in drawn)]
        found.append((np.stack(images).astype(int), likelihoods))
    assert np.abs(found[0][0] - found[1][0]).max() <= 1
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-3)
