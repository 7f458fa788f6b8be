"""A picture of some samples: what a network is given beside what it is asked for."""

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from colorcore import Palette, bins_to_uv, yuv_to_rgb
from colorfiles.outputs import png_texts
from dataprep.inspection.samples import InspectedSample, spread_samples
from dataprep.shards.shard_set import ShardSet

SHOWN = {"train": 12, "val": 3, "test": 3}
_PAIRS_A_ROW = 3
_EDGE, _GAP, _CAPTION, _TITLE = 176, 10, 18, 34
_INK, _FAINT, _PAPER = (24, 24, 28), (110, 110, 118), (255, 255, 255)


def contact_sheet_png(shards: ShardSet, *, digest: str = "") -> bytes:
    """Return a PNG of samples from every split, each as luma | colour from bins.

    ``digest`` says what it was made from, see ``colorfiles.outputs``.
    """
    items = [
        item for split, count in SHOWN.items() for item in spread_samples(shards, split, count)
    ]
    sheet = _lay_out(items, shards.palette)
    buffer = io.BytesIO()
    texts = PngInfo()
    for name, text in png_texts(digest).items():
        texts.add_text(name, text)
    sheet.save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()


def color_from_bins(
    luma: UInt8[np.ndarray, "size size"], bins: UInt8[np.ndarray, "size size"], palette: Palette
) -> UInt8[np.ndarray, "size size 3"]:
    """Return luma with each pixel in the colour of its bin."""
    yuv = np.concatenate((luma[..., None] / 255.0, bins_to_uv(bins, palette)), axis=-1)
    return np.round(yuv_to_rgb(yuv) * 255).astype(np.uint8)


def _lay_out(items: Sequence[InspectedSample], palette: Palette) -> Image.Image:
    rows = -(-len(items) // _PAIRS_A_ROW)
    step_x, step_y = 2 * _EDGE + 2 + _GAP, _EDGE + _CAPTION + _GAP
    width, height = _GAP + _PAIRS_A_ROW * step_x, _TITLE + rows * step_y
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    title = f"luma | colour from bins, {palette.n} bins ({palette.method})"
    draw.text((_GAP, _TITLE // 2), title, fill=_INK, font=ImageFont.load_default(18), anchor="lm")
    small = ImageFont.load_default(11)
    for number, item in enumerate(items):
        left = _GAP + number % _PAIRS_A_ROW * step_x
        top = _TITLE + number // _PAIRS_A_ROW * step_y
        for column, picture in enumerate(_pictures(item, palette)):
            sheet.paste(picture, (left + column * (_EDGE + 2), top))
        caption = f"{item.split}  {item.key}"
        draw.text((left, top + _EDGE + 3), _shortened(caption), fill=_FAINT, font=small)
    return sheet


def _pictures(item: InspectedSample, palette: Palette) -> list[Image.Image]:
    luma, bins = item.sample.luma, item.sample.bins
    assert luma is not None  # spread_samples yields whole samples only
    assert bins is not None
    pictures = (np.repeat(luma[..., None], 3, axis=-1), color_from_bins(luma, bins, palette))
    size = (_EDGE, _EDGE)
    return [Image.fromarray(p).resize(size, Image.Resampling.LANCZOS) for p in pictures]


def _shortened(caption: str, longest: int = 58) -> str:
    return caption if len(caption) <= longest else caption[: longest - 1] + "…"
