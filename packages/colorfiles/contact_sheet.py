"""Contact sheets: captioned pictures in rows with column titles, drawn by Pillow."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from colorfiles.outputs import png_texts

_GAP = 8
_TITLE_HEIGHT, _TITLE_PX = 34, 18
_CAPTION_HEIGHT, _CAPTION_PX = 20, 12
_INK, _PAPER, _FAINT = (24, 24, 28), (255, 255, 255), (110, 110, 118)

Group = tuple[str, Sequence[Image.Image]]  # a caption and the pictures above it


def contact_sheet(
    groups: Sequence[Group], *, titles: Sequence[str], groups_a_row: int = 1
) -> Image.Image:
    """Lay equally sized pictures out: a title over each, a caption under each group.

    Raises:
        ValueError: there are no groups, or one has another number of pictures than there are
            titles.
    """
    if not groups or any(len(pictures) != len(titles) for _, pictures in groups):
        raise ValueError(f"contact sheet: expected rows of {len(titles)} pictures")
    edge = max(max(picture.size) for _, pictures in groups for picture in pictures)
    step_x, step_y = edge + _GAP, edge + _CAPTION_HEIGHT + _GAP
    columns, rows = groups_a_row * len(titles), -(-len(groups) // groups_a_row)
    sheet = Image.new("RGB", (_GAP + columns * step_x, _TITLE_HEIGHT + rows * step_y), _PAPER)
    for column in range(columns):
        middle = (_GAP + column * step_x + edge // 2, 6)
        title = _fitted(titles[column % len(titles)], _TITLE_PX, edge)
        write_words(sheet, middle, title, size_px=_TITLE_PX, color=_INK, centered=True)
    for number, (caption, pictures) in enumerate(groups):
        row, place = divmod(number, groups_a_row)
        left, top = _GAP + place * len(titles) * step_x, _TITLE_HEIGHT + row * step_y
        for column, picture in enumerate(pictures):
            sheet.paste(picture, (left + column * step_x, top))
        words = _fitted(caption, _CAPTION_PX, len(titles) * step_x - _GAP)
        write_words(sheet, (left, top + edge + 3), words, size_px=_CAPTION_PX, color=_FAINT)
    return sheet


def png_bytes(image: Image.Image, digest: str = "") -> bytes:
    """Return a picture as a PNG with a digest of its inputs; see ``colorfiles.outputs``."""
    info = PngInfo()
    for name, text in png_texts(digest).items():
        info.add_text(name, text)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def write_words(
    picture: Image.Image,
    at: tuple[int, int],
    words: str,
    *,
    size_px: int,
    color: tuple[int, int, int],
    centered: bool = False,
) -> None:
    """Write a line on an RGB picture; ``at`` is its top left, or the middle of its top."""
    font = ImageFont.load_default(size_px)
    anchor = "ma" if centered else "la"
    ImageDraw.Draw(picture).text(at, words, fill=color, font=font, anchor=anchor)


def _fitted(words: str, size_px: int, width_px: int) -> str:
    """Return a line shortened to the width available, ending with ``…`` where it is cut."""
    font = ImageFont.load_default(size_px)
    if font.getlength(words) <= width_px:
        return words
    while words and font.getlength(words + "…") > width_px:
        words = words[:-1]
    return words + "…"
