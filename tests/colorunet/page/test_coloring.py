"""What is kept of a photo to colour it again goes when the photo does."""

import gc
import io
from pathlib import Path

import pytest
from PIL import Image

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.hints import Hint
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.page.coloring import PhotoColoring
from colorunet.page.limits import Limits
from colorunet.page.look import Look
from colorunet.page.store import PhotoStore
from colorunet.parameters.meta import read_meta
from colorunet.parameters.shipped import shipped_run

HINTED = Look(hints=(Hint(5, 5, "#c04030"),))


@pytest.fixture(scope="module")
def coloring() -> PhotoColoring:
    run = shipped_run("colorunet-listed")
    return PhotoColoring(Colorizer.load(run), read_meta(run, "best"), Limits())


@pytest.fixture
def photo_bytes(demo_photos: Path) -> bytes:
    file = io.BytesIO()
    with Image.open(next(demo_photos.rglob("coffee.png"))) as image:
        image.convert("RGB").resize((90, 60)).save(file, "JPEG")
    return file.getvalue()


def _seen_photos() -> int:
    gc.collect()
    return sum(type(thing) is SeenPhoto for thing in gc.get_objects())


def test_a_photo_that_is_removed_leaves_nothing_of_it(
    coloring: PhotoColoring, photo_bytes: bytes
) -> None:
    before = _seen_photos()
    store = PhotoStore(Limits())
    ids = []
    for number in range(2):
        photo = coloring.opened(f"{number}.jpg", photo_bytes)
        store.add(photo)
        coloring.preview(photo, HINTED)
        ids.append(photo.id)
    del photo
    assert _seen_photos() == before + 2
    store.remove(ids[0])
    assert _seen_photos() == before + 1
    store.remove(ids[1])
    assert _seen_photos() == before
