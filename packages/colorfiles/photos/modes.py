"""Convert an image of any Pillow mode to pixels in sRGB."""

import numpy as np
from PIL import Image

from colorfiles.photos.levels import scaled_to_16, white_of
from colorfiles.photos.pixels import Levels, Pixels, as_array
from colorfiles.photos.profiles import cmyk_to_srgb, gray_to_srgb, lab_to_srgb, rgb_to_srgb

_DEEP = ("I", "F")
_GRAY_WITH_ALPHA = ("LA", "La")


def pixels_of(
    image: Image.Image, *, significant_bits: int | None = None
) -> tuple[Pixels, list[str]]:
    """Return a decoded image's pixels, not turned yet, and notes on what was assumed."""
    profile = image.info.get("icc_profile")
    clear = image.info.get("transparency")
    mode = image.mode
    if mode.startswith(_DEEP):
        return _deep_gray(as_array(image), profile, clear, significant_bits)
    alpha: Levels | None = None
    if mode in _GRAY_WITH_ALPHA:
        image = image if mode == "LA" else image.convert("LA")
        image, alpha = image.getchannel("L"), image.getchannel("A")
    elif mode in ("RGBA", "RGBa", "PA") or (mode == "P" and clear is not None):
        image = image if mode == "RGBA" else image.convert("RGBA")
        alpha, image = image.getchannel("A"), image.convert("RGB")
    elif clear is not None and mode in ("1", "L", "RGB"):
        image = image if mode != "1" else image.convert("L")
        alpha = _alpha_of(image, clear)
    levels, note = _in_srgb(image, profile)
    return Pixels(levels, alpha), [note] if note else []


def _in_srgb(image: Image.Image, profile: bytes | None) -> tuple[Levels, str]:
    if image.mode in ("L", "1"):
        return gray_to_srgb(image if image.mode == "L" else image.convert("L"), profile)
    if image.mode == "CMYK":
        return cmyk_to_srgb(image, profile)
    if image.mode == "LAB":
        return lab_to_srgb(image), ""
    return rgb_to_srgb(image if image.mode == "RGB" else image.convert("RGB"), profile)


def _alpha_of(image: Image.Image, clear: object) -> Image.Image:
    """Return the alpha of an image with one transparent level or colour."""
    colors = clear if isinstance(clear, tuple) else (clear,)
    opaque = Image.new("L", image.size, 0)
    for band, level in zip(image.split(), colors, strict=True):
        table = [0 if value == level else 255 for value in range(256)]
        opaque.paste(255, mask=band.point(table))
    return opaque


def _deep_gray(
    samples: np.ndarray, profile: bytes | None, clear: object, significant_bits: int | None
) -> tuple[Pixels, list[str]]:
    alpha = None
    if isinstance(clear, int):
        alpha = np.where(samples == clear, 0, 65535).astype(np.uint16)
    if samples.dtype.kind == "i":  # what Pillow widened to 32 bits has 16 at most
        samples = np.clip(samples, 0, 65535).astype(np.uint16)
    samples = samples.astype(samples.dtype.newbyteorder("="))
    white = white_of(samples, bits=16, asked_bits=significant_bits)
    levels, note = gray_to_srgb(scaled_to_16(samples, white.level).copy(), profile)
    return Pixels(levels, alpha), [text for text in (white.note, note) if text]
