"""A strip of pictures for the docs: each row one dial, from its least to its greatest value.

python tools/dial_strip.py PHOTO... [--out docs/pictures/dials.jpg] [--network NAME]
"""

from pathlib import Path
from typing import Any

import click
from PIL import Image, ImageDraw, ImageFont

from colorunet import Colorizer
from colorunet.coloring.dials import DIALS

OUT = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "dials.jpg"
_VALUES = {
    "vividness": (0, 0.25, 0.5, 0.75, 1),
    "saturation": (0, 0.5, 1, 1.5, 2),
    "caution": (0, 0.1, 0.3, 0.6, 1),
    "warmth": (-1, -0.5, 0, 0.5, 1),
}
_SIZE = (220, 150)  # of a picture, cropped to fill it
_LABEL_PX = 22
_GAP_PX = 6


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", default=OUT, type=click.Path(path_type=Path), help="JPEG to write.")
@click.option("--network", default="colorunet", help="Shipped network or run that colours.")
def main(photos: tuple[Path, ...], out: Path, network: str) -> None:
    """Write the strip; the dials take turns with the photos."""
    colorizer = Colorizer.load(network)
    gray = [_gray(path) for path in photos]
    columns = max(map(len, _VALUES.values()))
    width = columns * (_SIZE[0] + _GAP_PX) - _GAP_PX
    row_px = _SIZE[1] + _LABEL_PX + _GAP_PX
    sheet = Image.new("RGB", (width, row_px * len(_VALUES)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for row, (name, values) in enumerate(_VALUES.items()):
        for column, value in enumerate(values):
            place = column * (_SIZE[0] + _GAP_PX), row * row_px
            words = f"{DIALS[name].label.lower()} {value:g}"
            draw.text((place[0] + 4, place[1] + 3), words, fill="black", font=font)
            options: Any = {name: float(value)}
            colored = colorizer(gray[row % len(gray)], **options)
            sheet.paste(colored, (place[0], place[1] + _LABEL_PX))
    sheet.save(out, quality=85)


def _gray(path: Path) -> Image.Image:
    with Image.open(path) as image:
        scale = max(_SIZE[0] / image.width, _SIZE[1] / image.height)
        size = round(image.width * scale), round(image.height * scale)
        small = image.convert("L").resize(size, Image.Resampling.LANCZOS)
    left, top = (size[0] - _SIZE[0]) // 2, (size[1] - _SIZE[1]) // 2
    return small.crop((left, top, left + _SIZE[0], top + _SIZE[1]))


if __name__ == "__main__":
    main()
