"""Words on pictures, with nothing but Pillow's own font."""

from PIL import Image, ImageDraw, ImageFont


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
    font = ImageFont.load_default(size_px)
    right, bottom = font.getbbox(text)[2:]
    mask = Image.new("L", (max(1, round(right)), max(1, round(bottom))))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=font)
    return mask
