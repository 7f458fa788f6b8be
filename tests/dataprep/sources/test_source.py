"""The interface of a photo source, by the source that docs/photo-source.md shows."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.fetch import FlickrSource
from dataprep.sources.folder import FolderSource
from dataprep.sources.source import ExaminedPhoto, gather
from dataprep.sources.sun.fetch import SunSource

PAGE = Path(__file__).parents[3] / "docs" / "photo-source.md"


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names that the code of the page defines."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


@pytest.fixture
def archive(demo_photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("skimage/chelsea.png", "skimage/coffee.png"):
            file.write(demo_photos / name, name)
        file.writestr("broken.jpg", b"no picture")
    return path


def test_the_source_of_the_page_fills_a_photo_folder(
    page: dict[str, Any], archive: Path, tmp_path: Path
) -> None:
    assert page["fetch_zip"](archive, tmp_path / "out") == 3
    photos = PhotoFolder(tmp_path / "out")
    kept, rejected = photos.kept(), photos.rejected_by_reason()
    assert [photo.path for photo in kept] == [
        "zip/skimage-chelsea-png.png",
        "zip/skimage-coffee-png.png",
    ]
    assert rejected == {"undecodable": 1}
    with zipfile.ZipFile(archive) as file:
        assert photos.read(kept[0]) == file.read("skimage/chelsea.png")
    credit = (tmp_path / "out" / "ATTRIBUTION-zip.md").read_text()
    assert "- coffee by unknown, CC BY 4.0, `zip/skimage-coffee-png.png`" in credit


def test_a_second_run_yields_nothing(page: dict[str, Any], archive: Path, tmp_path: Path) -> None:
    page["fetch_zip"](archive, tmp_path / "out")
    before = (tmp_path / "out" / "manifest.parquet").read_bytes()
    assert page["fetch_zip"](archive, tmp_path / "out") == 0
    assert (tmp_path / "out" / "manifest.parquet").read_bytes() == before


@pytest.mark.parametrize("error", [DataprepError("the archive ended"), KeyboardInterrupt()])
def test_an_interrupted_run_writes_the_manifest_and_is_resumed(
    page: dict[str, Any], archive: Path, tmp_path: Path, error: BaseException
) -> None:
    source = page["ZipSource"](archive)
    whole = source.candidates

    def broken(folder: PhotoFolder) -> Any:
        candidates = whole(folder)
        yield next(candidates)
        raise error

    source.candidates = broken
    with pytest.raises(type(error)):
        gather(source, tmp_path / "out")
    assert (tmp_path / "out" / "manifest.parquet").exists()
    assert (tmp_path / "out" / "ATTRIBUTION-zip.md").exists()
    assert page["fetch_zip"](archive, tmp_path / "out") == 2


def test_each_photo_is_stored_before_the_next_is_asked_for(
    page: dict[str, Any], archive: Path, tmp_path: Path
) -> None:
    source = page["ZipSource"](archive)
    whole = source.candidates
    seen: list[int] = []

    def watched(folder: PhotoFolder) -> Any:
        for photo in whole(folder):
            assert isinstance(photo, ExaminedPhoto)
            yield photo
            seen.append(len(PhotoFolder(folder.root)))
        return len(seen)

    source.candidates = watched
    assert gather(source, tmp_path / "out") == 3
    assert seen == [1, 2, 3]


def test_folder_flickr_and_sun_are_sources_by_the_same_interface() -> None:
    sources: tuple[Callable[..., Any], ...] = (FolderSource, FlickrSource, SunSource)
    for source in sources:
        assert {"name", "attribution", "candidates"} <= set(vars(source))
