"""Image files in and out: any photo to luma at full size, a coloured image to a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from colorfiles.files import write_atomically
from colorfiles.photos import UnreadableImage, read_image

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp")
)
JPEG_QUALITY = 95


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
    """Decode an image file to its last pixel; it comes upright, 16 bits become 8.

    Raises:
        UnusableImage: it can't be read, is no image, is damaged or decodes to too many bytes.
    """
    if path.exists() and not path.is_file():
        raise UnusableImage("not a regular file")
    try:
        with path.open("rb") as file:
            image = read_image(file)
    except FileNotFoundError:
        raise UnusableImage("no such file") from None
    except OSError as error:
        raise UnusableImage(f"unreadable: {error.strerror or type(error).__name__}") from None
    except UnreadableImage as error:
        raise UnusableImage(error.reason) from None
    return GrayImage(image.luma(8), image.alpha(8))


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
