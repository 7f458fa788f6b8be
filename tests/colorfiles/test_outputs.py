"""What is there already is known by what it was made from, and is kept; all else is refused."""

from pathlib import Path

import pytest

from colorfiles.errors import ColorfilesError
from colorfiles.outputs import is_finished, is_png, made_from, png_texts, write_file

PNG = b"\x89PNG\r\n\x1a\n"


def _figure(path: Path, digest: str) -> str:
    write_file(str(path), PNG + "".join(png_texts(digest).values()).encode())
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
