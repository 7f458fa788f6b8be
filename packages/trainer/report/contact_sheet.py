"""A contact sheet: one PNG, a row a photo, a titled column a picture."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from colorfiles.files import write_atomically
from colorfiles.outputs import png_texts
from trainer.report.lettering import draw_text
from trainer.report.panels import TITLES, Panels

_GAP = 8
_TITLE_HEIGHT = 34
_CAPTION_HEIGHT = 20
_INK, _PAPER, _FAINT = (24, 24, 28), (255, 255, 255), (110, 110, 118)


def contact_sheet(
    rows: Sequence[Panels],
    *,
    titles: Sequence[str] = TITLES,
    captions: Sequence[str] | None = None,
) -> Image.Image:
    """Lay rows of equally sized pictures out under column titles, a caption under each row.

    Raises:
        ValueError: there are no rows, or one has another number of pictures than there are titles.
    """
    if not rows or any(len(row.pictures) != len(titles) for row in rows):
        raise ValueError(f"contact sheet: expected rows of {len(titles)} pictures")
    captions = captions or [row.key for row in rows]
    edge = max(max(picture.size) for row in rows for picture in row.pictures)
    step_x, step_y = edge + _GAP, edge + _CAPTION_HEIGHT + _GAP
    sheet = Image.new(
        "RGB", (_GAP + len(titles) * step_x, _TITLE_HEIGHT + len(rows) * step_y), _PAPER
    )
    for column, title in enumerate(titles):
        middle = (_GAP + column * step_x + edge // 2, 6)
        draw_text(sheet, middle, title, size_px=18, color=_INK, centered=True)
    for number, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        top = _TITLE_HEIGHT + number * step_y
        for column, picture in enumerate(row.pictures):
            sheet.paste(picture, (_GAP + column * step_x, top))
        below = (_GAP, top + edge + 3)
        draw_text(sheet, below, _shortened(caption), size_px=12, color=_FAINT)
    return sheet


def write_png(image: Image.Image, path: Path, *, digest: str = "") -> None:
    """Write a picture as PNG, atomically; its folder is made where it is missing.

    ``digest`` says what it was made from, see ``colorfiles.outputs``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary:
        image.save(temporary, format="PNG", pnginfo=_tagged(digest))


def _tagged(digest: str) -> PngInfo:
    info = PngInfo()
    for name, text in png_texts(digest).items():
        info.add_text(name, text)
    return info


def _shortened(caption: str, longest: int = 110) -> str:
    return caption if len(caption) <= longest else caption[: longest - 1] + "…"
