"""An album gives a gray photo the colours of the scene that it knows, and leaves others alone."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorcore import ciede2000, rgb_to_lab, rgb_to_yuv, yuv_to_rgb
from colorunet import ColorunetError, Steering
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.album import Album, likeness_of, weight_of
from colorunet.coloring.steering.album_index import index_path, photo_names
from colorunet.coloring.steering.scene_features import unit
from colorunet.parameters.shipped import shipped_run

_PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "china.jpg", "flower.jpg")


def _view(path: Path, box: Sequence[float]) -> Image.Image:
    with Image.open(path) as image:
        edges = [share * image.size[at % 2] for at, share in enumerate(box)]
        return image.convert("RGB").crop(tuple(map(round, edges)))


@pytest.fixture(scope="module")
def scenes(demo_photos: Path) -> dict[str, Path]:
    return {path.name: path for path in demo_photos.rglob("*") if path.name in _PHOTOS}


@pytest.fixture
def folder(scenes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An album with the upper left of each photo, one of them in a folder of its own."""
    monkeypatch.setenv("COLORUNET_ALBUMS", str(tmp_path / "indexes"))
    album = tmp_path / "album"
    (album / "2019").mkdir(parents=True)
    for name, path in scenes.items():
        target = album / ("2019" if name == "china.jpg" else "") / name
        _view(path, (0, 0, 0.7, 0.75)).save(target.with_suffix(".jpg"), quality=92)
    return album


@pytest.fixture
def two_photos(folder: Path) -> Path:
    """The album with two of its photos, for tests of its index."""
    for path in folder.rglob("*.jpg"):
        if path.stem not in ("coffee", "rocket"):
            path.unlink()
    return folder


def _opened(folder: Path, network: str = "a") -> Album:
    return Album.open(folder, photo_names(folder), shipped_run(), network)


def _luma(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def _lower_right(path: Path) -> Image.Image:
    return _view(path, (0.2, 0.2, 1, 1))


def test_the_photo_of_the_same_scene_is_the_nearest(folder: Path, scenes: dict[str, Path]) -> None:
    album = _opened(folder)
    for name, path in scenes.items():
        match = album.nearest(_luma(_lower_right(path)))
        assert Path(match.name).stem == Path(name).stem
        assert match.likeness > 0.5
        assert match.sha256 == sha256((folder / match.name).read_bytes()).hexdigest()


def test_colors_of_the_same_scene_bring_a_photo_nearer_to_truth(
    folder: Path, scenes: dict[str, Path], colorizer: Colorizer
) -> None:
    album, changes = _opened(folder), []
    for path in scenes.values():
        photo = _lower_right(path)
        photo.thumbnail((300, 300))
        luma = _luma(photo)
        seen = colorizer.see(luma)
        size = seen.luma.shape[::-1]
        yuv = rgb_to_yuv(np.asarray(photo.resize(size), np.float32) / 255)

        def error(steering: Steering, seen=seen, yuv=yuv) -> float:  # type: ignore[no-untyped-def]
            uv = colorizer.steered(seen, steering)
            colored = yuv_to_rgb(np.concatenate([yuv[..., :1], uv], axis=-1))
            return float(ciede2000(rgb_to_lab(colored), rgb_to_lab(yuv_to_rgb(yuv))).mean())

        match = album.nearest(luma)
        changes.append(error(Steering(reference=match.reference)) - error(Steering()))
    assert np.mean(changes) < -0.5


def test_a_photo_of_another_scene_changes_nothing(folder: Path, scenes: dict[str, Path]) -> None:
    (folder / "coffee.jpg").unlink()
    match = _opened(folder).nearest(_luma(_lower_right(scenes["coffee.png"])))
    assert match.weight == 0
    assert match.reference is None
    assert match.note.startswith("no photo of the album is near; the nearest, ")


def test_the_weight_rises_smoothly_from_nothing() -> None:
    for photos in (1, 10, 10_000):
        weights = [weight_of(likeness, photos) for likeness in np.linspace(0, 1, 201)]
        assert weights[90] == 0 < weights[-1] <= 1
        assert (np.diff(weights) >= 0).all()
        assert np.diff(weights).max() < 0.1
    assert weight_of(0.6, 10) > weight_of(0.6, 1000)


def test_likeness_is_the_same_both_ways_and_one_for_the_same_photo() -> None:
    rng = np.random.default_rng(0)
    first, second = unit(rng.normal(size=(20, 8))), unit(rng.normal(size=(30, 8)))
    assert likeness_of(first, first) == pytest.approx(1)
    assert likeness_of(first, second) == likeness_of(second, first) < 0.9


def test_files_that_did_not_change_are_not_read_again(two_photos: Path) -> None:
    before = {photo.name: photo for photo in _opened(two_photos).index.photos}
    path = two_photos / "coffee.jpg"
    status = path.stat()
    path.write_bytes(bytes(status.st_size))  # nobody could read it now
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = {photo.name: photo for photo in _opened(two_photos).index.photos}
    assert after["coffee.jpg"].sha256 == before["coffee.jpg"].sha256
    assert after["coffee.jpg"].problem == ""


def test_new_changed_and_removed_files_are_followed(folder: Path, scenes: dict[str, Path]) -> None:
    first = {photo.name: photo.sha256 for photo in _opened(folder).index.photos}
    (folder / "rocket.jpg").unlink()
    _view(scenes["rocket.jpg"], (0, 0, 0.5, 1)).save(folder / "new.jpg")
    _view(scenes["coffee.png"], (0, 0, 0.5, 1)).save(folder / "coffee.jpg")
    second = {photo.name: photo.sha256 for photo in _opened(folder).index.photos}
    assert set(second) == set(first) - {"rocket.jpg"} | {"new.jpg"}
    assert {name for name in first if second.get(name) == first[name]} == set(first) - {
        "rocket.jpg",
        "coffee.jpg",
    }


def test_gray_and_broken_photos_are_counted_and_give_no_colors(
    folder: Path, scenes: dict[str, Path]
) -> None:
    with Image.open(scenes["coffee.png"]) as image:
        image.convert("L").save(folder / "gray.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    (folder / "notes.txt").write_text("no photo")
    album = _opened(folder)
    assert album.summary.endswith("6 photos in colour, 1 gray, 1 unreadable")


def test_an_album_without_colors_is_refused_by_name(
    tmp_path: Path, coffee: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORUNET_ALBUMS", str(tmp_path / "indexes"))
    (tmp_path / "old").mkdir()
    coffee.save(tmp_path / "old" / "gray.png")
    with pytest.raises(ColorunetError, match=r"old: no photo in colour"):
        _opened(tmp_path / "old")


def test_an_index_of_another_network_or_a_damaged_one_is_made_anew(two_photos: Path) -> None:
    names = [photo.name for photo in _opened(two_photos).index.photos]
    path = index_path(two_photos)
    for content in (b"", b"PK\3\4 cut", path.read_bytes()[:-40]):
        path.write_bytes(content)
        assert [photo.name for photo in _opened(two_photos).index.photos] == names
    whole = path.read_bytes()
    assert [photo.name for photo in _opened(two_photos, network="b").index.photos] == names
    assert path.read_bytes() != whole


def test_an_interrupted_look_keeps_what_it_saw(folder: Path) -> None:
    seen = 0

    def stop_at_the_third(*_: object, **__: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Album.open(folder, photo_names(folder), shipped_run(), "a", report=stop_at_the_third)
    first = photo_names(folder)[0]
    status = (folder / first).stat()
    (folder / first).write_bytes(bytes(status.st_size))
    os.utime(folder / first, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not any(photo.problem for photo in _opened(folder).index.photos)


def test_the_album_itself_stays_as_it_is(two_photos: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in two_photos.rglob("*")}
    _opened(two_photos)
    assert {path: path.stat().st_mtime_ns for path in two_photos.rglob("*")} == before
    assert index_path(two_photos).is_file()


def test_a_photo_that_went_since_is_said_and_not_used(
    folder: Path, scenes: dict[str, Path]
) -> None:
    album = _opened(folder)
    (folder / "coffee.jpg").unlink()
    with Image.open(scenes["coffee.png"]) as image:
        match = album.nearest(_luma(image.crop((0, 0, 420, 300))))
    assert match.reference is None
    assert "coffee.jpg isn't used" in match.note
