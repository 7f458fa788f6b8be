"""``colorunet --album``: which photo gave its colours is said and stands in the record."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from colorunet.cli import app


@pytest.fixture
def album(demo_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLORUNET_ALBUMS", str(tmp_path / "indexes"))
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("coffee.png", "chelsea.png"):
        with Image.open(demo_photos / "skimage" / name) as image:
            width, height = image.size
            image.convert("RGB").crop((0, 0, width * 3 // 4, height)).save(folder / name)
            gray = tmp_path / "gray"
            gray.mkdir(exist_ok=True)
            right = image.convert("L").crop((width // 8, 0, width, height))
            right.resize((240, 160)).save(gray / name)
    with Image.open(demo_photos / "skimage" / "rocket.jpg") as image:
        image.convert("L").resize((240, 160)).save(tmp_path / "gray" / "rocket.png")
    return folder


def _colorunet(*arguments: Path | str) -> Result:
    options = ["--working-edge", "64"]
    return CliRunner().invoke(app, [*map(str, arguments), *options], catch_exceptions=False)


def test_each_photo_gets_the_colors_of_the_same_scene_and_says_so(
    album: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = _colorunet(tmp_path / "gray", "-o", out, "--album", album, "--record", "--json")
    assert done.exit_code == 0
    assert "2 photos in colour" in done.stderr
    notes = {
        Path(image["input"]).name: image["notes"] for image in json.loads(done.stdout)["images"]
    }
    for name in ("coffee.png", "chelsea.png"):
        assert any(f"colours of the album's {name}: likeness 0." in note for note in notes[name])
        said = json.loads((out / name).with_suffix(".colorunet.json").read_text())["settings"][
            "album"
        ]
        assert said["name"] == name
        assert said["sha256"] == sha256((album / name).read_bytes()).hexdigest()
        assert 0 < said["weight"] <= 1
    assert any("no photo of the album is near" in note for note in notes["rocket.png"])
    record = json.loads((out / "rocket.colorunet.json").read_text())
    assert record["settings"]["album"]["weight"] == 0


def test_where_nothing_is_near_the_photo_is_as_without_an_album(
    album: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "gray" / "rocket.png"
    _colorunet(photo, "-o", tmp_path / "with.png", "--album", album)
    _colorunet(photo, "-o", tmp_path / "without.png")
    pixels = [Image.open(tmp_path / name).tobytes() for name in ("with.png", "without.png")]
    assert pixels[0] == pixels[1]


def test_workers_find_the_same_photos(album: Path, tmp_path: Path) -> None:
    for name, more in (("one", ()), ("two", ("--workers", "1"))):
        done = _colorunet(tmp_path / "gray", "-o", tmp_path / name, "--album", album, *more)
        assert done.exit_code == 0
    for path in (tmp_path / "gray").iterdir():
        pixels = [Image.open(tmp_path / name / path.name).tobytes() for name in ("one", "two")]
        assert pixels[0] == pixels[1]


def test_an_album_and_a_reference_are_not_both_taken(album: Path, tmp_path: Path) -> None:
    photo = tmp_path / "gray" / "coffee.png"
    done = _colorunet(photo, "--album", album, "--reference", album / "coffee.png")
    assert done.exit_code == 2
    assert "leave out --reference" in done.stderr
