"""From a photo's bytes to pixels, and what pixels say about a photo."""

import io
import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageCms, ImageOps

from colorcore import uv_of_uint8
from dataprep.errors import UnusablePhoto

ALL_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
WEB_FORMATS = ("JPEG", "PNG", "GIF")
SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp"} | {
    "TIFF": ".tif",
    "WEBP": ".webp",
}
_GRAY_CHROMA = 0.02  # five levels of 255: what JPEG makes of gray stays below
_GRAY_PERCENTILE = 99


@dataclass(frozen=True)
class ImageLimits:
    """What is opened at all.

    Args:
        formats: decoders that may be tried, by Pillow's names; the file's name counts for nothing.
        max_pixels: width × height above which an image isn't decoded.
        min_edge_px: the shortest edge that is of use.
    """

    formats: tuple[str, ...] = ALL_FORMATS
    max_pixels: int = 200_000_000
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
        UnusablePhoto: as in ``decode_photo``.
    """
    format_name, image = _decode(data, limits or ImageLimits(), None)
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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd EXIF and the like; size is checked below
            with Image.open(io.BytesIO(data), formats=limits.formats) as image:
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
        raise UnusablePhoto(f"too many pixels: {error}") from None
    except MemoryError:
        raise UnusablePhoto("too many pixels: no memory for it") from None
    # Decoders raise whatever they stumble on: SyntaxError, struct.error, KeyError, EOFError…
    except Exception as error:
        detail = " ".join(str(error).replace(repr(error.__class__), "").split())
        if "cannot identify image file" in detail:
            detail = "not a known image"
        raise UnusablePhoto(f"undecodable: {detail[:120] or type(error).__name__}") from None


def _at_least(size: tuple[int, int], short_px: int) -> tuple[int, int]:
    scale = short_px / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _to_rgb(image: Image.Image) -> Image.Image:
    image.load()
    profile = image.info.get("icc_profile")
    orientation = image.getexif().get(0x0112, 1)
    if image.mode.startswith(("I", "F")):  # 16-bit gray; Pillow's own conversion clips it
        array = np.asarray(image, dtype=np.float64)
        top = 65535.0 if image.mode.startswith("I") else max(float(array.max()), 1e-9)
        return Image.fromarray((np.clip(array / top, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    converted: Image.Image = image
    if image.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        converted = _on_white(image.convert("RGBA"))
    elif profile and image.mode in ("RGB", "CMYK"):
        converted = _to_srgb(image, profile)
    if converted.mode != "RGB":
        converted = converted.convert("RGB")
    if orientation != 1:
        converted.getexif()[0x0112] = orientation
        converted = ImageOps.exif_transpose(converted)
    return converted


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, ImportError):
        return image  # a damaged profile, or a Pillow without littlecms: the numbers as they are
    return converted if converted is not None else image
