"""Parts of a page: tables, figures, judgements and pictures."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup
from PIL import Image

from colorfiles.pages.templating import fill

Layout = Literal["flow", "strips", "pairs"]


@dataclass(frozen=True)
class Judgement:
    """What a figure means, in words; ``tone`` is ``good``, ``bad`` or ``plain``."""

    words: str
    tone: Literal["good", "bad", "plain"] = "plain"


@dataclass(frozen=True)
class Tile:
    """A big figure: its name, what it means, and what to hold it against."""

    figure: str
    name: str
    verdict: Judgement | None = None
    note: str = ""


Cell = str | Judgement  # Markup is a str


def html_table(
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    strong: int = -1,
    caption: str = "table",
) -> Markup:
    """Return a table that sorts by a click on its header.

    Args:
        header: plain texts; the first is over the rows' names.
        rows: plain texts, ``Judgement``s, or Markup of the parts here.
        strong: the column that is set off.
        caption: what the table is, for screen readers.
    """
    return fill("table", header, rows, strong, caption)


def judged(judgement: Judgement) -> Markup:
    """Return a judgement in its colour, with a sign for readers who don't see colours."""
    return fill("judgement", judgement.words, judgement.tone)


def tiles(items: Sequence[Tile]) -> Markup:
    """Return key figures in boxes."""
    return fill("tiles", items)


def picture(
    image: Image.Image,
    caption: str,
    *,
    alt: str = "",
    lossless: bool = False,
    crisp: bool = False,
) -> Markup:
    """Return an embedded picture that a click enlarges.

    Args:
        image: of mode RGB.
        caption: under it, as plain text.
        alt: text for screen readers and on hovering; the caption where empty.
        lossless: as PNG, else as JPEG.
        crisp: enlarge without smoothing.
    """
    buffer = io.BytesIO()
    if lossless:
        image.save(buffer, format="PNG", optimize=True)
    else:
        image.save(buffer, format="JPEG", quality=88)
    data = base64.b64encode(buffer.getvalue()).decode()
    kind = "png" if lossless else "jpeg"
    return fill("picture", caption, alt, image.width, image.height, kind, data, crisp)


def figure(
    drawing: str, caption: str, *, verdict: Judgement | None = None, wide: bool = False
) -> Markup:
    """Return a drawing with a caption and a judgement; ``wide`` takes a whole row."""
    return fill("figure", drawing, caption, verdict, wide)


def flow(parts: Sequence[str], layout: Layout = "flow") -> Markup:
    """Return parts side by side, as many as fit."""
    return fill("flow", parts, layout)


def note(words: str) -> Markup:
    """Return a small line of plain text; an empty text gives nothing."""
    return Markup('<p class="small">{}</p>').format(words) if words else Markup("")


def swatch(color: str, text: str) -> Markup:
    """Return a text behind a small square of a colour such as ``#c04030``."""
    return Markup('<span class="swatch" style="background:{}"></span>{}').format(color, text)


def link(url: str, text: str) -> Markup:
    """Return a link; the text alone where there is no address to follow."""
    if not url:
        return Markup("{}").format(text)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(url, text)
