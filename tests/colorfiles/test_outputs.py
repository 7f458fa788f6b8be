"""What is there already is known by what it was made from, and is kept; all else is refused."""

from pathlib import Path

import pytest

from colorfiles.errors import ColorfilesError
from colorfiles.outputs import (
    is_finished,
    is_page,
    is_palette,
    is_png,
    made_from,
    png_texts,
    write_file,
)

PNG = b"\x89PNG\r\n\x1a\n"


def _figure(path: Path, digest: str) -> str:
    texts = "".join(f"{key}\0{text}" for key, text in png_texts(digest).items())
    write_file(str(path), PNG + texts.encode())
    return str(path)


def test_the_same_is_finished_unless_it_is_to_be_overwritten(tmp_path: Path) -> None:
    digest = made_from("x", {"b": 1, "a": tmp_path})
    assert digest == made_from("x", {"a": tmp_path, "b": 1})
    assert not is_finished(str(tmp_path / "f.png"), digest, overwrite=False, own=is_png)
    figure = _figure(tmp_path / "f.png", digest)
    assert is_finished(figure, digest, overwrite=False, own=is_png)
    assert not is_finished(figure, digest, overwrite=True, own=is_png)


def test_what_was_made_from_something_else_is_refused(tmp_path: Path) -> None:
    figure = _figure(tmp_path / "f.png", made_from(1))
    with pytest.raises(ColorfilesError, match=r"made from something else, or .*--overwrite"):
        is_finished(figure, made_from(2), overwrite=False, own=is_png)
    assert not is_finished(figure, made_from(2), overwrite=True, own=is_png)


def test_what_is_nobodys_output_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "f.png").write_text("precious")
    for overwrite in (False, True):
        with pytest.raises(ColorfilesError, match=r"f\.png: "):
            is_finished(str(tmp_path / "f.png"), made_from(1), overwrite=overwrite, own=is_png)
    (tmp_path / "empty.png").touch()
    assert not is_finished(str(tmp_path / "empty.png"), made_from(1), overwrite=True, own=is_png)


def test_a_photo_a_page_and_a_json_file_of_somebody_else_are_not_ours(tmp_path: Path) -> None:
    """What begins as ours do isn't ours for that: ``--overwrite`` would replace it."""
    for name, data, own in (
        ("photo.png", PNG + b"\0\0\0\rIHDR", is_png),
        ("index.html", b'<!doctype html>\n<html lang="en"><title>My homepage', is_page),
        ("kmeans.json", b'{"centers": [[0, 0]], "inertia": 3}', is_palette),
    ):
        write_file(str(tmp_path / name), data)
        with pytest.raises(ColorfilesError, match="it is left alone"):
            is_finished(str(tmp_path / name), made_from(1), overwrite=True, own=own)
        assert (tmp_path / name).read_bytes() == data
