"""The contact sheet that every part lays its pictures out with."""

import io

import numpy as np
import pytest
from PIL import Image

from colorfiles.contact_sheet import contact_sheet, png_bytes, write_words

TITLES = ("gray input", "truth", "palette's ceiling", "prediction")


def _pictures(count: int, edge: int = 64) -> list[Image.Image]:
    return [Image.new("RGB", (edge, edge), (40 * number, 90, 200)) for number in range(count)]


@pytest.mark.parametrize("groups_a_row", [1, 2])
def test_a_contact_sheet_has_a_cell_for_every_picture(groups_a_row: int) -> None:
    groups = [(f"photo-{number}", _pictures(4)) for number in range(3)]
    sheet = np.asarray(contact_sheet(groups, titles=TITLES, groups_a_row=groups_a_row))
    for number in range(3):
        row, place = divmod(number, groups_a_row)
        for column in range(4):
            y, x = 34 + row * (64 + 20 + 8) + 32, 8 + (4 * place + column) * 72 + 32
            assert tuple(sheet[y, x]) == (40 * column, 90, 200)


def test_another_number_of_pictures_than_titles_is_refused() -> None:
    with pytest.raises(ValueError, match="4 pictures"):
        contact_sheet([("x", _pictures(3))], titles=TITLES)
    with pytest.raises(ValueError, match="4 pictures"):
        contact_sheet([], titles=TITLES)


def test_a_caption_has_its_own_group_s_room_alone() -> None:
    groups = [("a very long caption that has no room " * 9, _pictures(1)), ("", _pictures(1))]
    sheet = np.asarray(contact_sheet(groups, titles=("truth",), groups_a_row=2))
    below = sheet[34 + 64 : 34 + 64 + 20]
    assert (below[:, 8:72] < 200).any()
    assert (below[:, 72:] == 255).all()


def test_words_are_written_by_the_font_of_the_installed_pillow_alone() -> None:
    picture = Image.new("RGB", (200, 40), (255, 255, 255))
    write_words(picture, (100, 8), "palette’s ceiling", size_px=18, color=(0, 0, 0), centered=True)
    ink = np.argwhere(np.asarray(picture)[..., 0] < 128)
    assert len(ink) > 100
    assert ink[:, 1].min() > 5
    assert ink[:, 1].max() < 195


def test_a_png_says_what_it_was_made_from() -> None:
    with Image.open(io.BytesIO(png_bytes(_pictures(1)[0], "abc"))) as image:
        assert image.info["Source"] == "abc"
