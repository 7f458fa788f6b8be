"""SUN's paths."""

import pytest

from dataprep.photos.rows import Photo
from dataprep.sources.sun.layout import sun_file


@pytest.mark.parametrize(
    ("path", "inner", "class_name"),
    [
        ("SUN397/b/beach/sun_aaaaaaaaaaaaaaaa.jpg", "b/beach/sun_aaaaaaaaaaaaaaaa.jpg", "beach"),
        ("./b/beach/x.JPG", "b/beach/x.JPG", "beach"),
        ("/a/abbey/sun_x.jpg", "a/abbey/sun_x.jpg", "abbey"),
        ("s/sun/c/church/outdoor/x.jpg", "c/church/outdoor/x.jpg", "church/outdoor"),
    ],
)
def test_a_photo_is_named_from_its_letter_on(path: str, inner: str, class_name: str) -> None:
    file = sun_file(path)
    assert file is not None
    assert (file.path, file.class_name) == (inner, class_name)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "SUN397/ClassName.txt",
        "b/beach/readme.txt",
        "b/beach/._sun_x.jpg",
        "b/ocean/x.jpg",
        "beach/x.jpg",
        "x.jpg",
        "b/be ach/x.jpg",
        "b/beach/x\n.jpg",
        "b/beach/x\udcff.jpg",
        "b/b/../../etc/x.jpg",
    ],
)
def test_what_is_no_photo_of_the_layout_is_none(path: str) -> None:
    assert sun_file(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "c/church/outdoor/sun_abcdefghijklmnop.jpg",
        "b/beach/Ünïcode name (1).jpg",
        "b/beach/" + "x" * 240 + ".jpg",
        "b/" + "b" * 120 + "/" + "y" * 200 + ".png",
        "b/b-_-/….gif",
    ],
)
def test_every_key_is_one_that_a_photo_may_have(path: str) -> None:
    file = sun_file(path)
    assert file is not None
    Photo(key=file.key, source="sun", source_id=file.key)


def test_names_that_slug_alike_have_keys_of_their_own() -> None:
    keys = {sun_file(f"b/beach/{name}.jpg").key for name in ("a b", "a-b", "A B", "a_b")}  # type: ignore[union-attr]
    assert len(keys) == 4
