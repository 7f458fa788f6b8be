"""Image files in and out: any photo to luma at full size, a coloured image to a file."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps

from colorfiles.files import write_atomically

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp")
)
MAX_PIXELS = 200_000_000
JPEG_QUALITY = 95
_WITH_ALPHA = ("PA", "LA", "La", "RGBA", "RGBa")


class UnusableImage(Exception):
    """An image file that can't be used; the message is the reason, without the path."""


@dataclass(frozen=True)
class GrayImage:
    """An image file as the colouriser needs it, upright.

    Args:
        luma: (H, W) uint8, Y of BT.601; a colour file's own colours are gone.
        alpha: (H, W) uint8 where the file has transparency.
    """

    luma: UInt8[np.ndarray, "height width"]
    alpha: UInt8[np.ndarray, "height width"] | None


def read_gray(path: Path) -> GrayImage:
    """Decode an image file to its last pixel; EXIF rotation is applied, 16 bits become 8.

    Raises:
        UnusableImage: it can't be read, is no image, is damaged or has more than 200 megapixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd EXIF and the like; the size is checked below
            with Image.open(path) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise UnusableImage(f"too many pixels: {width} x {height}")
                return _to_gray(image)
    except UnusableImage:
        raise
    except FileNotFoundError:
        raise UnusableImage("no such file") from None
    except MemoryError:
        raise UnusableImage("too many pixels: no memory for it") from None
    # Decoders raise whatever they stumble on: SyntaxError, struct.error, KeyError, EOFError…
    except Exception as error:
        detail = " ".join(str(error).split())
        if "cannot identify image file" in detail:
            detail = "not a known image"
        raise UnusableImage(f"undecodable: {detail[:120] or type(error).__name__}") from None


def write_color(
    path: Path, rgb: UInt8[np.ndarray, "height width 3"], alpha: np.ndarray | None = None
) -> None:
    """Write JPEG (quality 95, chroma at full resolution) or PNG by the suffix, atomically."""
    image = Image.fromarray(rgb)
    if alpha is not None and path.suffix != ".jpg":
        image.putalpha(Image.fromarray(alpha))
    with write_atomically(path) as temporary:
        if path.suffix == ".jpg":
            image.save(temporary, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
        else:
            image.save(temporary, format="PNG")


def image_files(folder: Path, *, skip: Path | None = None) -> list[Path]:
    """Return every file under ``folder`` with an image's suffix, sorted; ``skip`` is left out."""
    left_out = skip.resolve() if skip is not None else None
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
        and (left_out is None or not path.resolve().is_relative_to(left_out))
    )


def _to_gray(image: Image.Image) -> GrayImage:
    image.load()
    orientation = image.getexif().get(0x0112, 1)
    alpha = None
    if image.mode.startswith(("I", "F")):
        upright = _upright(Image.fromarray(_deep_to_8_bit(np.asarray(image))), orientation)
        return GrayImage(np.asarray(upright), None)
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = np.asarray(_upright(image.getchannel("A"), orientation))
    elif image.mode == "1":
        image = image.convert("L")
    if image.mode != "L":
        image = _to_srgb(image).convert("RGB").convert("L")  # Pillow's L is BT.601's Y, rounded
    return GrayImage(np.asarray(_upright(image, orientation)), alpha)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    image.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(image)


def _deep_to_8_bit(levels: np.ndarray) -> UInt8[np.ndarray, "height width"]:
    values = np.nan_to_num(levels.astype(np.float64))
    highest = float(values.max(initial=0.0))
    # Nothing in the file says what white is: the smallest usual scale that holds every value.
    is_float = np.issubdtype(levels.dtype, np.floating)
    scales = (1.0, 255.0, 65535.0) if is_float else (65535.0,)
    white = next((scale for scale in scales if highest <= scale), highest)
    return np.round(np.clip(values / white, 0, 1) * 255).astype(np.uint8)


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
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
