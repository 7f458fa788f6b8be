"""Embedded ICC profiles: every image becomes sRGB, or gray with sRGB's tone curve."""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from colorfiles.errors import UnreadableImage
from colorfiles.photos.curves import Curve, Profile, gray_curve, rgb_curve
from colorfiles.photos.pixels import Levels, as_8_bit, bands_of

_SAME = 2  # levels of 255 within which a profile is sRGB's
_UNUSED = "the colour profile is damaged or of no known kind: the numbers were taken as sRGB"
_REDUCED = "the colour profile can't be used at 16 bits: reduced to 8"


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB, the same bytes each time."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes.fromhex("07e8 0001 0001 0000 0000 0000")  # when it was made
    made[84:100] = bytes(16)  # its checksum, which is optional
    return bytes(made)


def gray_to_srgb(levels: Levels, profile: bytes | None) -> tuple[Levels, str]:
    """Convert gray levels to sRGB's tone curve; a note reports an unusable profile."""
    if not profile:
        return levels, ""
    curve = _curve(profile, gray_curve) or _curve_by_table(profile)
    return (levels, _UNUSED) if curve is None else (_by_curve(levels, curve), "")


def _by_curve(levels: Levels, curve: Curve) -> Levels:
    """Return levels, of one channel or several alike, by a tone curve."""
    depth = 256 if isinstance(levels, Image.Image) else 65536
    ramp = np.linspace(0, 1, depth)
    table = np.rint(curve(ramp) * (depth - 1))
    if np.abs(table - np.arange(depth)).max() * 255 / (depth - 1) <= 1:
        return levels
    if isinstance(levels, Image.Image):
        return levels.point(table.astype(int).tolist() * len(levels.getbands()))
    for rows in bands_of(levels):
        levels[rows] = table.astype(np.uint16)[levels[rows]]
    return levels


def rgb_to_srgb(levels: Levels, profile: bytes | None) -> tuple[Levels, str]:
    """Convert RGB levels to sRGB; a note reports a profile that can't be used as it is.

    A gray profile, which other programs leave in photos that they made RGB, gives its tones.
    """
    if not profile:
        return levels, ""
    if profile[16:20] == b"GRAY":
        return gray_to_srgb(levels, profile)
    if isinstance(levels, Image.Image):
        transform = _transform(profile, "RGB")
        return (levels, _UNUSED) if transform is None else (transform(levels), "")
    curve = _curve(profile, rgb_curve)
    if curve is None:
        return rgb_to_srgb(as_8_bit(levels), profile)[0], _REDUCED
    if (transform := _transform(profile, "RGB")) is _unchanged:
        return levels, ""
    for rows in bands_of(levels):
        band = levels[rows].astype(np.float32) / np.float32(65535)
        levels[rows] = np.rint(curve(band) * 65535).astype(np.uint16)
    return levels, ""


def cmyk_to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """Convert a CMYK image to sRGB; without a usable profile by Pillow's formula."""
    transform = _transform(profile, "CMYK") if profile else None
    if transform is None:
        return image.convert("RGB"), _UNUSED if profile else ""
    return transform(image), ""


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """Convert a CIELAB (D50) image to sRGB, which Pillow itself can't.

    Raises:
        UnreadableImage: this Pillow was built without littlecms.
    """
    transform = _transform(None, "LAB")
    if transform is None:
        raise UnreadableImage("undecodable: Lab needs a Pillow with littlecms")
    return transform(image)


@lru_cache(maxsize=16)
def _curve(profile: bytes, read: Callable[[Profile], Curve | None]) -> Curve | None:
    """Return a curve that is read from a profile; None where it is damaged or of another kind."""
    try:
        return read(Profile.parsed(profile))
    except ValueError:
        return None


@lru_cache(maxsize=16)
def _curve_by_table(profile: bytes) -> Curve | None:
    """Return the tones of grays by a profile of tables, which only littlecms reads."""
    mode = "L" if profile[16:20] == b"GRAY" else "RGB"
    transform = _transform(profile, mode)
    if transform is None:
        return None
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None]).convert(mode)
    tones = np.asarray(transform(ramp).convert("L"))[0] / 255
    return lambda x: np.interp(x, np.linspace(0, 1, 256), tones)


def _unchanged(image: Image.Image) -> Image.Image:
    return image


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """Return the transform of a mode to sRGB; None for an unusable profile.

    Args:
        profile: None for CIELAB (D50).
        mode: of the images.
    """
    try:
        named = ImageCms.createProfile("LAB") if profile is None else io.BytesIO(profile)
        source = ImageCms.ImageCmsProfile(named)
        built = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        if mode == "RGB":
            axis = np.arange(0, 256, 15, dtype=np.uint8)  # 0 and 255 among them
            grid = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(len(axis), -1, 3)
            colors = ImageCms.applyTransform(Image.fromarray(grid), built)
            assert colors is not None  # only with inPlace
            if np.abs(np.asarray(colors, int) - grid).max() <= _SAME:
                return _unchanged
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, ImportError):
        return None  # damaged, of another colour model, or a Pillow without littlecms

    def convert(image: Image.Image) -> Image.Image:
        converted = ImageCms.applyTransform(image, built)
        assert converted is not None  # only with inPlace
        return converted

    return convert
