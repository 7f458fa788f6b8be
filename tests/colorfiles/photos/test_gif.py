"""GIFs with excessive comment blocks are rejected before Pillow joins them."""

import io

import pytest
from PIL import Image

from colorfiles.photos import UnreadableImage, look_at, read_pages

COMMENT = b"\x21\xfe\x01a\0"


def _gif() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.linear_gradient("L").rotate(90 * turn) for turn in range(3)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], comment=b"of a scanner")
    return buffer.getvalue()


@pytest.mark.parametrize("comments", [COMMENT * 10_000, b"\x21\xfe" + b"\x01a" * 10_000 + b"\0"])
@pytest.mark.parametrize("at", ["first", "last"])
def test_endless_comments_are_refused(comments: bytes, at: str) -> None:
    whole = _gif()
    place = whole.index(b"\x21\xfe") if at == "first" else len(whole) - 1
    with pytest.raises(UnreadableImage, match="a GIF of endless comments"):
        look_at(whole[:place] + comments + whole[place:])


def test_a_few_comments_and_any_number_of_frames_are_read() -> None:
    whole = _gif()
    commented = whole[:-1] + COMMENT * 100 + b";"
    assert look_at(commented).pages == 3
    assert len(list(read_pages(commented))) == 3
    frame = b"\x2c" + bytes(4) + b"\1\0\1\0\0\2\2\x4c\1\0"
    assert look_at(whole[:-1] + frame * 5000 + b";").pages == 5003
