"""The frame of a self-contained page: styles, tables and pictures inside one file.

What it looks like stands in ``templates/``: the page, and the parts that it is made of.
"""

import base64
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader
from PIL import Image

from colorfiles.files import write_atomically


def write_page(
    path: Path,
    *,
    title: str,
    facts: str,
    sections: Sequence[tuple[str, str]],
    digest: str = "",
) -> None:
    """Write one HTML file that refers to nothing outside itself, atomically.

    Args:
        path: the file; its folder is made where it is missing.
        title: as plain text.
        facts: the line under the title, as plain text.
        sections: heading as plain text, content as HTML; those without content are left out.
        digest: says what the page was made from, see ``colorfiles.outputs``.
    """
    template = _templates().get_template("page.html")
    page = template.render(
        title=title, facts=facts, sections=[s for s in sections if s[1]], digest=digest
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary:
        temporary.write_text(page + "\n", encoding="utf-8")


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, strong: int = -1) -> str:
    """Return a table of plain texts; column ``strong`` is set off."""
    return _part("table", header, rows, strong)


def tiles(items: Sequence[tuple[str, str, str]]) -> str:
    """Return big figures in boxes: figure, its name, what to hold it against."""
    return _part("tiles", items)


def picture(image: Image.Image, caption: str, *, lossless: bool = False) -> str:
    """Return a picture inside the page, as JPEG or PNG, with a caption in plain text."""
    buffer = io.BytesIO()
    if lossless:
        image.save(buffer, format="PNG", optimize=True)
    else:
        image.save(buffer, format="JPEG", quality=88)
    data = base64.b64encode(buffer.getvalue()).decode()
    kind = "png" if lossless else "jpeg"
    return _part("picture", caption, image.width, image.height, kind, data)


def figure(drawing: str, caption: str) -> str:
    """Return an SVG drawing with a caption in plain text."""
    return _part("figure", drawing, caption)


def flow(parts: Sequence[str]) -> str:
    """Return parts side by side, as many as fit."""
    return _part("flow", parts)


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("trainer.report"), autoescape=True)


def _part(name: str, *values: object) -> str:
    macro = getattr(_templates().get_template("parts.html").module, name)
    return str(macro(*values))
