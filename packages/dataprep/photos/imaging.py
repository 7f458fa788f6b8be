"""From a photo's bytes to pixels, and what pixels say about a photo."""

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from colorcore import uv_of_uint8
from dataprep.errors import UnusablePhoto
from dataprep.photos.jpeg import ends_early

ALL_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
WEB_FORMATS = ("JPEG", "PNG", "GIF")
SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp"} | {
    "TIFF": ".tif",
    "WEBP": ".webp",
}
_GRAY_CHROMA = 0.02  # five levels of 255: what JPEG makes of gray stays below
_GRAY_PERCENTILE = 99
_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class ImageLimits:
    """What is opened at all.

    Args:
        formats: decoders that may be tried, by Pillow's names; the file's name counts for nothing.
        max_pixels: width × height above which an image isn't decoded.
        min_edge_px: the shortest edge that is of use.
    """

    formats: tuple[str, ...] = ALL_FORMATS
    max_pixels: int = 100_000_000  # Pillow itself refuses above 179 million
    min_edge_px: int = 64


@dataclass(frozen=True)
class PhotoFacts:
    """What a decoded photo says of itself; width and height are after EXIF rotation."""

    format: str
    width: int
    height: int
    gray: bool
    perceptual_hash: str


def decode_photo(
    data: bytes, limits: ImageLimits | None = None, *, near_px: int | None = None
) -> Image.Image:
    """Return the photo as upright 8-bit sRGB.

    EXIF rotation is applied, transparency laid on white, embedded profiles converted to sRGB, and
    the first frame taken of an animation. With ``near_px`` a JPEG may be decoded at a reduced
    scale whose shorter edge is still at least that long.

    Raises:
        UnusablePhoto: no allowed decoder takes it, it is damaged, or it is out of ``limits``.
    """
    return _decode(data, limits or ImageLimits(), near_px)[1]


def examine(data: bytes, limits: ImageLimits | None = None) -> PhotoFacts:
    """Decode a photo to its last pixel and say what it is.

    Raises:
        UnusablePhoto: as in ``decode_photo``, or part of the picture is missing.
    """
    limits = limits or ImageLimits()
    format_name, image = _decode(data, limits, None)
    if format_name in ("JPEG", "MPO"):
        with _quiet_pillow():
            if ends_early(data, image, limits.formats):
                raise UnusablePhoto("undecodable: the picture ends before its last row")
    return PhotoFacts(
        format=format_name,
        width=image.width,
        height=image.height,
        gray=is_gray(image),
        perceptual_hash=perceptual_hash(image),
    )


def is_gray(image: Image.Image) -> bool:
    """Whether 99 % of a small copy's pixels have chroma below 0.02, whatever its mode says."""
    small = image.resize((64, 64), Image.Resampling.BOX)
    uv = uv_of_uint8(np.asarray(small))
    chroma = np.hypot(uv[..., 0], uv[..., 1])
    return bool(np.percentile(chroma, _GRAY_PERCENTILE) < _GRAY_CHROMA)


def perceptual_hash(image: Image.Image) -> str:
    """Return 16 hex digits that near-duplicates share but for a few bits (pHash: DCT of luma)."""
    small = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), dtype=np.float64)
    dct = _dct_rows()
    low = (dct @ small @ dct.T).ravel()
    bits = low > np.median(low[1:])  # the mean brightness says nothing about likeness
    return np.packbits(bits).tobytes().hex()


@cache
def _dct_rows() -> np.ndarray:
    frequency, position = np.arange(8)[:, None], np.arange(32)[None, :]
    return np.cos(np.pi * frequency * (2 * position + 1) / 64)


def _decode(data: bytes, limits: ImageLimits, near_px: int | None) -> tuple[str, Image.Image]:
    if not data:
        raise UnusablePhoto("undecodable: an empty file")
    try:
        with _quiet_pillow(), Image.open(io.BytesIO(data), formats=limits.formats) as image:
            format_name = image.format or "?"
            width, height = image.size
            if width * height > limits.max_pixels:
                raise UnusablePhoto(f"too many pixels: {width} x {height}")
            if min(width, height) < limits.min_edge_px:
                raise UnusablePhoto(f"too small: {width} x {height}")
            if near_px is not None:
                image.draft("RGB", _at_least(image.size, near_px))
            return format_name, _to_rgb(image)
    except UnusablePhoto:
        raise
    except Image.DecompressionBombError as error:
        count = re.search(r"\d+", str(error))
        raise UnusablePhoto(f"too many pixels: {count[0] if count else error}") from None
    except MemoryError:
        raise UnusablePhoto("too many pixels: no memory for it") from None
    # Decoders raise whatever they stumble on: SyntaxError, struct.error, KeyError, EOFError…
    except Exception as error:
        detail = " ".join(str(error).split())
        if "cannot identify image file" in detail:
            detail = "not a known image"
        raise UnusablePhoto(f"undecodable: {detail[:120] or type(error).__name__}") from None


_quiet_lock = threading.Lock()
_quiet_count = 0
_quiet_filters: warnings.catch_warnings | None = None


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings about odd metadata off stderr, in any number of threads at once.

    The filters of ``warnings`` belong to the process: threads that each save and restore them
    would put back what another one had just set.
    """
    global _quiet_count, _quiet_filters  # noqa: PLW0603 - so are these
    with _quiet_lock:
        _quiet_count += 1
        if _quiet_count == 1:
            _quiet_filters = warnings.catch_warnings()
            _quiet_filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_count -= 1
            if _quiet_count == 0 and _quiet_filters is not None:
                _quiet_filters.__exit__(None, None, None)


def _at_least(size: tuple[int, int], short_px: int) -> tuple[int, int]:
    scale = short_px / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _to_rgb(image: Image.Image) -> Image.Image:
    image.load()  # first: PNG and WebP may bring EXIF after the pixels
    upright = _UPRIGHT.get(_orientation(image))
    converted = _flat(image)
    return converted if upright is None else converted.transpose(upright)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # as in _decode; broken metadata don't make the pixels worthless
        return 1
    return value if isinstance(value, int) else 1


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _from_deep_gray(image)
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        colored = image.convert("RGBA")
        return _on_white(colored, _to_srgb(colored.convert("RGB"), profile))
    if image.mode in ("RGB", "CMYK"):
        image = _to_srgb(image, profile)
    elif image.mode == "LAB":
        # Pillow's convert doesn't know it.
        image = _converted(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_deep_gray(image: Image.Image) -> Image.Image:
    """Scale 16-bit or floating-point gray to 8 bits; Pillow's own conversion clips it."""
    array = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    top = 65535.0 if image.mode.startswith("I") else max(float(array.max()), 1e-9)
    return Image.fromarray((np.clip(array / top, 0, 1) * 255).astype(np.uint8)).convert("RGB")


def _on_white(image: Image.Image, colors: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(colors, mask=image.getchannel("A"))
    return white


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        return _converted(image, source)
    except (ImageCms.PyCMSError, OSError, ValueError, ImportError):
        return image  # a damaged profile, or a Pillow without littlecms: the numbers as they are


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert converted is not None  # only with inPlace
    return converted
