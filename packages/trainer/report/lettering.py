"""Words on pictures, with nothing but Pillow's own font."""

from PIL import Image, ImageDraw, ImageFont

_BITMAP_PX = 11  # the height of the only font that a Pillow before 10.1 brings along


def draw_text(
    picture: Image.Image,
    at: tuple[int, int],
    text: str,
    *,
    size_px: int,
    color: tuple[int, int, int],
    centered: bool = False,
) -> None:
    """Write a line on an RGB picture; ``at`` is its top left, or the middle of its top."""
    mask = _mask(text, size_px)
    left, top = at
    if centered:
        left -= mask.width // 2
    picture.paste(color, (left, top, left + mask.width, top + mask.height), mask)


def _mask(text: str, size_px: int) -> Image.Image:
    try:
        font, scale = ImageFont.load_default(size_px), 1.0
    except (TypeError, ImportError):  # pillow-simd, or a Pillow without FreeType
        font, scale = ImageFont.load_default(), size_px / _BITMAP_PX
        text = text.encode("latin-1", "replace").decode("latin-1")
    right, bottom = font.getbbox(text)[2:]
    mask = Image.new("L", (max(1, round(right)), max(1, round(bottom))))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=font)
    if scale == 1.0:
        return mask
    size = (max(1, round(mask.width * scale)), max(1, round(mask.height * scale)))
    return mask.resize(size, Image.Resampling.BICUBIC)
