"""Decode a TIFF page: with Pillow where its result is correct, else from the samples."""

from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from colorfiles.errors import UnreadableImage
from colorfiles.photos.levels import White, scaled_to_16, white_of
from colorfiles.photos.limits import ReadSettings, refuse_unfit
from colorfiles.photos.modes import pixels_of
from colorfiles.photos.pixels import Pixels, bands_of
from colorfiles.photos.profiles import gray_to_srgb, rgb_to_srgb
from colorfiles.photos.tiff_pages import TiffPage, refuse_no_photo
from colorfiles.photos.tiff_samples import read_samples

_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _CMYK, _LAB = 0, 1, 2, 3, 5, 8
_COLORS = {_MIN_IS_WHITE: 1, _MIN_IS_BLACK: 1, _RGB: 3, _PALETTE: 1, _CMYK: 4, _LAB: 3}
_ASSOCIATED, _UNASSOCIATED = 1, 2  # alpha, as ExtraSamples names it
_PROFILE, _HIGHEST, _HIGHEST_OF_ANY_FORMAT, _COLOR_MAP = 34675, 281, 341, 320


def read_page(
    file: BinaryIO, page: TiffPage, settings: ReadSettings
) -> tuple[Pixels, int, list[str]]:
    """Return a page's pixels upright, the bits of a sample as stored, and notes.

    Raises:
        UnreadableImage: it can't be read correctly.
    """
    refuse_no_photo(page)
    refuse_unfit(*page.allocated, settings, page.pixel_bytes)
    if page.bits <= 8 and not page.planar and page.number is not None:
        image = _by_pillow(file, page.number)
        if image is not None:
            with image:
                image.load()  # this turns it upright too
                if image.mode == "P":
                    image.putpalette(_color_map(page).tobytes())
                pixels, notes = pixels_of(image)
            return pixels, page.bits, notes
    pixels, notes = _by_samples(file, page, settings.significant_bits)
    return pixels.upright(page.orientation), page.bits, notes


def _by_pillow(file: BinaryIO, number: int) -> Image.Image | None:
    file.seek(0)
    try:
        image = Image.open(file, formats=("TIFF",))
        image.seek(number)
    except (UnidentifiedImageError, SyntaxError, KeyError):
        return None  # an arrangement that it has no mode for, here or on the first page
    return image


def _by_samples(
    file: BinaryIO, page: TiffPage, significant_bits: int | None
) -> tuple[Pixels, list[str]]:
    kind = page.photometric
    count = _COLORS.get(kind, 0)
    if not count or page.samples < count:
        raise UnreadableImage(
            f"undecodable: a TIFF of {page.samples} samples of {page.bits} bits, photometric {kind}"
        )
    samples = read_samples(file, page)
    colors = samples[..., :count]
    if kind == _PALETTE:
        pixels, notes = pixels_of(_of_palette(colors[..., 0], page))
        return Pixels(pixels.levels, _alpha(samples, page, count)), notes
    if kind in (_CMYK, _LAB):
        levels = _reduced(colors, page)
        pixels, notes = pixels_of(_as_image(levels, kind, page))
        return Pixels(pixels.levels, _alpha(samples, page, count)), notes
    white = _white(colors, page, significant_bits)
    below_black = ""
    if colors.dtype.kind == "i" and colors.min() < 0:  # TIFF 6.0: 0 is imaged as black, or white
        below_black = "its levels below 0 were taken as 0"
    alpha = _alpha(samples, page, count)
    levels = scaled_to_16(np.squeeze(colors, 2) if count == 1 else colors, white.level)
    del samples, colors
    if kind == _MIN_IS_WHITE:
        levels = 65535 - levels
    if alpha is not None and _extra(page, count) == _ASSOCIATED:
        levels = _unassociated(levels, alpha)
    levels = np.ascontiguousarray(levels)
    to_srgb = gray_to_srgb if count == 1 else rgb_to_srgb
    converted, note = to_srgb(levels, _profile(page))
    pixels = Pixels(converted, alpha)
    notes = [text for text in (white.note, below_black, note) if text]
    return (_in_8_bits(pixels) if page.bits <= 8 else pixels), notes


def _color_map(page: TiffPage) -> np.ndarray:
    """Return a palette (n, 3) uint8. As in libtiff, a map without higher values has 8 bits."""
    values = np.array(page.values(_COLOR_MAP), np.uint32)
    if values.size != 3 << page.bits:
        raise UnreadableImage("undecodable: a TIFF palette whose length doesn't fit its bits")
    values = values if values.max() < 256 else (values * 255 + 32767) // 65535
    return np.ascontiguousarray(values.reshape(3, -1).T.astype(np.uint8))


def _of_palette(indices: np.ndarray, page: TiffPage) -> Image.Image:
    image = Image.fromarray(_color_map(page)[indices])
    image.info["icc_profile"] = _profile(page)
    return image


def _white(colors: np.ndarray, page: TiffPage, significant_bits: int | None) -> White:
    named = page.values(_HIGHEST_OF_ANY_FORMAT) or page.values(_HIGHEST)
    declared = max((int(value) for value in named), default=0)
    return white_of(colors, bits=page.bits, declared=declared, asked_bits=significant_bits)


def _extra(page: TiffPage, count: int) -> int:
    """Return the meaning of the first extra sample; three colours and one more are RGBA."""
    if page.samples == count:
        return 0
    content = page.values(338)
    return int(content[0]) if content else (_UNASSOCIATED if count == 3 else 0)


def _alpha(samples: np.ndarray, page: TiffPage, count: int) -> np.ndarray | None:
    if _extra(page, count) not in (_ASSOCIATED, _UNASSOCIATED):
        return None
    channel = samples[..., count]
    full = (
        1.0 if channel.dtype.kind == "f" else 2.0 ** (page.bits - (channel.dtype.kind == "i")) - 1
    )
    scaled = scaled_to_16(channel, full)
    return scaled.copy() if scaled is channel else scaled


def _unassociated(levels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    divided = np.empty_like(levels)
    for rows in bands_of(levels):
        part = np.maximum(alpha[rows].astype(np.float32), 1) / 65535
        part = part if levels.ndim == 2 else part[..., None]
        divided[rows] = np.rint(np.minimum(levels[rows] / part, 65535)).astype(np.uint16)
    return divided


def _reduced(colors: np.ndarray, page: TiffPage) -> np.ndarray:
    if page.sample_format != 1 or page.bits not in (8, 16):
        raise UnreadableImage(
            f"undecodable: a TIFF of {page.bits} bits, photometric {page.photometric}"
        )
    return np.ascontiguousarray(colors if page.bits == 8 else (colors >> 8).astype(np.uint8))


def _as_image(levels: np.ndarray, kind: int, page: TiffPage) -> Image.Image:
    mode = "CMYK" if kind == _CMYK else "LAB"
    image = Image.frombytes(mode, (page.width, page.height), levels.tobytes())
    image.info["icc_profile"] = _profile(page)
    return image


def _profile(page: TiffPage) -> bytes | None:
    content = page.tags.get(_PROFILE)
    return content if isinstance(content, bytes) else None


def _in_8_bits(pixels: Pixels) -> Pixels:
    alpha = None if pixels.alpha is None else Image.fromarray(Pixels(pixels.alpha).luma(8))
    if isinstance(pixels.levels, np.ndarray) and pixels.levels.ndim == 3:
        return Pixels(pixels.rgb(None), alpha)
    return Pixels(Image.fromarray(pixels.luma(8)), alpha)
