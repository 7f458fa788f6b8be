"""``--versions``, ``--hints`` and ``--reference`` as a user types them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from colorcore import rgb_to_yuv
from colorunet import Hint
from colorunet.cli import app


@pytest.fixture
def photo(demo_photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cup.png"
    with Image.open(demo_photos / "skimage" / "coffee.png") as image:
        image.convert("L").resize((300, 200)).save(path)
    return path


def _colorize(*arguments: Path | str) -> Result:
    return CliRunner().invoke(app, ["colorize", *map(str, arguments), "--working-edge", "96"])


def _hints(folder: Path, *hints: Any) -> Path:
    path = folder / "hints.json"
    path.write_text(json.dumps(hints))
    return path


def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_versions_are_numbered_with_their_likelihood_told(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = _colorize(photo, "-o", out, "--versions", "3", "--json")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.iterdir()) == ["cup-1.png", "cup-2.png", "cup-3.png"]
    images = json.loads(done.stdout)["images"]
    assert [image["version"] for image in images] == [1, 2, 3]
    likelihoods = [image["likelihood"] for image in images]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert likelihoods[0] > likelihoods[-1] > 0
    assert f"cup-3.png: likelihood {likelihoods[2]:.2f}" in done.stderr
    pictures = [_pixels(out / f"cup-{number}.png") for number in (1, 2, 3)]
    for number, picture in enumerate(pictures):
        assert all(np.abs(picture - other).mean() > 2 for other in pictures[:number])
    assert _colorize(photo, "-o", tmp_path / "one.png").exit_code == 0
    np.testing.assert_array_equal(_pixels(tmp_path / "one.png"), pictures[0])


def test_versions_of_another_count_are_made_anew(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _colorize(photo, "-o", out, "--versions", "2").exit_code == 0
    again = json.loads(_colorize(photo, "-o", out, "--versions", "2", "--json").stdout)
    assert (again["colorized"], again["kept"]) == (0, 2)
    more = json.loads(_colorize(photo, "-o", out, "--versions", "3", "--json").stdout)
    assert (more["colorized"], more["kept"]) == (3, 0)


def test_versions_of_one_name_do_not_replace_each_other(photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "a-1.png"):
        (folder / name).write_bytes(photo.read_bytes())
    done = _colorize(folder, "-o", tmp_path / "out", "--versions", "2")
    assert done.exit_code == 0
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_a_hint_has_its_chroma_in_the_file(photo: Path, tmp_path: Path) -> None:
    luma = _pixels(photo)[..., 0]  # a pixel that is as light as the color, so that there is room
    y, x = divmod(int(np.argmin(np.abs(luma - 105))), luma.shape[1])
    hint = Hint(x, y, "#5a7846")
    path = _hints(tmp_path, {"x": x, "y": y, "color": "#5a7846"})
    for more in ((), ("--warmth", "1"), ("--versions", "2")):
        assert _colorize(photo, "-o", tmp_path / "o.png", "--hints", path, *more).exit_code == 0
        outputs = list(tmp_path.glob("o*.png"))
        for output in outputs:
            uv = rgb_to_yuv(_pixels(output)[y, x] / 255)[1:]
            assert uv == pytest.approx(hint.uv, abs=0.006)
            output.unlink()
        assert len(outputs) == (2 if "--versions" in more else 1)


def test_hints_for_several_photos_are_wrong_usage(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "two.png").write_bytes(photo.read_bytes())
    path = _hints(tmp_path, {"x": 1, "y": 1, "color": "#5a7846"})
    done = _colorize(photo, tmp_path / "two.png", "-o", tmp_path / "out", "--hints", path)
    assert done.exit_code == 2
    assert "pixels of one photo" in done.stderr
    assert not (tmp_path / "out").exists()


def test_hints_and_versions_of_several_pages_are_refused(photo: Path, tmp_path: Path) -> None:
    page = Image.open(photo)
    page.save(tmp_path / "two.tif", save_all=True, append_images=[page])
    done = _colorize(tmp_path / "two.tif", "-o", tmp_path / "out", "--versions", "2")
    assert done.exit_code == 3
    assert "2 pages or frames" in done.stderr


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        ({"x": 300, "y": 0, "color": "#5a7846"}, "hint 1: (300, 0) lies outside the image"),
        ({"x": 3, "y": 0, "color": "greenish"}, "hints.json: hint 1: color"),
    ],
)
def test_a_wrong_hint_is_one_line_and_nothing_is_written(
    photo: Path, tmp_path: Path, hint: Any, words: str
) -> None:
    done = _colorize(photo, "-o", tmp_path / "out", "--hints", _hints(tmp_path, hint))
    assert done.exit_code in (1, 3)
    said = done.stderr + str(done.exception)
    assert words in said
    assert not list((tmp_path / "out").glob("*"))


def test_a_reference_changes_the_colors_and_a_gray_one_is_refused(
    photo: Path, demo_photos: Path, tmp_path: Path
) -> None:
    other = demo_photos / "sklearn" / "flower.jpg"
    assert _colorize(photo, "-o", tmp_path / "a.png").exit_code == 0
    assert _colorize(photo, "-o", tmp_path / "b.png", "--reference", other).exit_code == 0
    assert np.abs(_pixels(tmp_path / "a.png") - _pixels(tmp_path / "b.png")).mean() > 2
    gray = _colorize(photo, "-o", tmp_path / "c.png", "--reference", photo)
    assert gray.exit_code == 1
    assert "cup.png: the reference is gray" in str(gray.exception)
