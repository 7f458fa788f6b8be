"""The contact sheet of an evaluation: a row per photo, titled columns."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from colorfiles import contact_sheet as sheets
from colorfiles.files import write_atomically
from trainer.report.panels import TITLES, Panels


def contact_sheet(
    rows: Sequence[Panels],
    *,
    titles: Sequence[str] = TITLES,
    captions: Sequence[str] | None = None,
) -> Image.Image:
    """Lay out rows of pictures, with a caption under each: by default the sample's key."""
    words = captions or [row.key for row in rows]
    groups = [(caption, row.pictures) for caption, row in zip(words, rows, strict=True)]
    return sheets.contact_sheet(groups, titles=titles)


def write_png(image: Image.Image, path: Path, *, digest: str = "") -> None:
    """Write a picture as PNG, atomically; its folder is made where it is missing.

    ``digest`` says what it was made from, see ``colorfiles.outputs``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary:
        temporary.write_bytes(sheets.png_bytes(image, digest))
