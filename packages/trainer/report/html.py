"""The frame of a self-contained page: styles, tables and pictures inside one file."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PIL import Image

from colorfiles.files import write_atomically

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # no scripts, ever
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b20; background: #fff;
  max-width: 1120px; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #e2e2e8;
  padding-bottom: .3rem; }
h3 { font-size: .95rem; margin: 1.2rem 0 .3rem; }
p.facts, .small { color: #6a6a75; font-size: .87rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .7rem; }
.tile { border: 1px solid #e2e2e8; border-radius: 8px; padding: .6rem .8rem; }
.tile b { display: block; font-size: 1.45rem; font-weight: 600; line-height: 1.2; }
.tile span { color: #6a6a75; font-size: .8rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .87rem; }
th, td { padding: .22rem .65rem; text-align: right; border-bottom: 1px solid #eeeef2; }
th:first-child, td:first-child { text-align: left; }
td.strong { font-weight: 600; background: #f6f8ff; }
.scroll { overflow-x: auto; }
.flow { display: flex; flex-wrap: wrap; gap: 1rem 1.4rem; align-items: flex-start; }
figure { margin: 0; }
figcaption { color: #6a6a75; font-size: .8rem; max-width: 30rem; overflow-wrap: anywhere; }
img { max-width: 100%; display: block; }
dt { font-weight: 600; font-size: .87rem; } dd { margin: 0 0 .45rem; font-size: .87rem; }
"""


def write_page(path: Path, *, title: str, facts: str, sections: Sequence[tuple[str, str]]) -> None:
    """Write one HTML file that refers to nothing outside itself, atomically.

    Args:
        path: the file; its folder is made where it is missing.
        title: as plain text.
        facts: the line under the title, as plain text.
        sections: heading as plain text, content as HTML.
    """
    body = "\n".join(
        f"<section><h2>{escape(heading)}</h2>\n{content}</section>" for heading, content in sections
    )
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f'<h1>{escape(title)}</h1><p class="facts">{escape(facts)}</p>\n{body}\n</body></html>\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, strong: int = -1) -> str:
    """Return a table of plain texts; column ``strong`` is set off."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    lines = []
    for row in rows:
        cells = "".join(
            f"<td{' class=strong' if column == strong else ''}>{escape(cell)}</td>"
            for column, cell in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def tiles(items: Sequence[tuple[str, str, str]]) -> str:
    """Return big figures in boxes: figure, its name, what to hold it against."""
    boxes = "".join(
        f'<div class="tile"><b>{escape(figure)}</b>{escape(name)}<br>'
        f"<span>{escape(against)}</span></div>"
        for figure, name, against in items
    )
    return f'<div class="tiles">{boxes}</div>'


def picture(image: Image.Image, caption: str, *, lossless: bool = False) -> str:
    """Return a picture inside the page, as JPEG or PNG, with a caption in plain text."""
    buffer = io.BytesIO()
    if lossless:
        image.save(buffer, format="PNG", optimize=True)
    else:
        image.save(buffer, format="JPEG", quality=88)
    kind = "png" if lossless else "jpeg"
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<figure><img alt="{escape(caption)}" width="{image.width}" height="{image.height}" '
        f'src="data:image/{kind};base64,{data}"><figcaption>{escape(caption)}</figcaption></figure>'
    )


def figure(drawing: str, caption: str) -> str:
    """Return an SVG drawing with a caption in plain text."""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def flow(parts: Sequence[str]) -> str:
    """Return parts side by side, as many as fit."""
    return f'<div class="flow">{"".join(parts)}</div>'
