"""Conversion of images between paths, PIL, NumPy and torch, single or several."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorfiles.photos import Metadata, ReadSettings, UnreadableImage, read_image
from colorfiles.photos.metadata import metadata_of, orientation_of
from colorfiles.photos.modes import pixels_of
from colorfiles.photos.pixels import Pixels, as_8_bit
from colorfiles.photos.profiles import srgb_profile
from colorunet.errors import ColorunetError

Colorize = Callable[[np.ndarray, np.ndarray | None], np.ndarray]
_LUMA = np.array([0.299, 0.587, 0.114])  # BT.601


def colorize_any(image: Any, colorize: Colorize) -> Any:
    """Return an image, or several, in colour; type, depth and device stay.

    Args:
        image: a path or a PIL image, which give an upright PIL image in sRGB of 8 bits, its
            EXIF, XMP and resolution in ``info``; an array (H, W), (H, W, 1 or 3) or
            (B, H, W, 1 or 3); a torch tensor (H, W), (1 or 3, H, W) or (B, 1 or 3, H, W); or a
            list of these. Numbers are uint8, uint16, or floating in [0, 1]. Of colour the luma
            is taken; alpha is kept.
        colorize: from luma (H, W), uint8 or uint16, and the image's own colours (H, W, 3), None
            where it is gray, to RGB (H, W, 3) of the same depth.

    Raises:
        ColorunetError: a file can't be read.
        TypeError: it is something else.
        ValueError: of another shape or kind of number, or empty.
    """
    if isinstance(image, (str, Path)):
        return _of_file(Path(image), colorize)
    if isinstance(image, Image.Image):
        return _of_pil(image, colorize)
    if isinstance(image, np.ndarray):
        return _of_array(image, colorize)
    if type(image).__module__.partition(".")[0] == "torch":
        return _of_tensor(image, colorize)
    if isinstance(image, Sequence) and not isinstance(image, bytes):
        return [colorize_any(one, colorize) for one in image]
    raise TypeError(
        f"image: expected a path, a PIL image, a NumPy array, a torch tensor or a list of them, "
        f"given {type(image).__name__}"
    )


def is_several(image: Any) -> bool:
    """Whether it is a list of images or a batch."""
    is_list = isinstance(image, Sequence) and not isinstance(image, str)
    return is_list or getattr(image, "ndim", 0) == 4


def _of_file(path: Path, colorize: Colorize) -> Image.Image:
    try:
        with path.open("rb") as file:
            image = read_image(file, ReadSettings(metadata=True))
    except UnreadableImage as error:
        raise ColorunetError(f"{path}: {error}") from None
    except OSError as error:
        raise ColorunetError(f"{path}: {error.strerror or error}") from None
    return _in_color(image.pixels, image.metadata, colorize)


def _of_pil(image: Image.Image, colorize: Colorize) -> Image.Image:
    if not all(image.size):
        raise ValueError(f"image: it has no pixels: {image.width} x {image.height}")
    image.load()
    orientation = orientation_of(image)
    pixels, _ = pixels_of(image)
    return _in_color(pixels.upright(orientation), metadata_of(image, orientation), colorize)


def _in_color(pixels: Pixels, metadata: Metadata, colorize: Colorize) -> Image.Image:
    levels = pixels.levels if isinstance(pixels.levels, np.ndarray) else np.asarray(pixels.levels)
    rgb = colorize(pixels.luma(pixels.bits), levels if levels.ndim == 3 else None)
    colored = Image.fromarray(rgb) if rgb.dtype == np.uint8 else as_8_bit(rgb)
    alpha = pixels.opacity(8)
    if alpha is not None:
        colored.putalpha(Image.fromarray(alpha))
    kept = {"exif": metadata.exif, "xmp": metadata.xmp, "dpi": metadata.dpi}
    kept["icc_profile"] = srgb_profile() if metadata.icc_profile else None
    colored.info.update({name: value for name, value in kept.items() if value})
    return colored


def _of_array(image: np.ndarray, colorize: Colorize) -> np.ndarray:
    if not image.size:
        raise ValueError(f"image: it has no pixels: the shape {image.shape}")
    if image.ndim == 4:
        return np.stack([_of_array(one, colorize) for one in image])
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[-1] not in (1, 3)):
        raise ValueError(
            "image: expected the shape (H, W), (H, W, 1 or 3) or (B, H, W, 1 or 3), given "
            f"{image.shape}"
        )
    levels = _levels(image)
    own = levels if levels.ndim == 3 and levels.shape[-1] == 3 else None
    if levels.ndim == 3:
        luma = levels[..., 0] if levels.shape[-1] == 1 else levels @ _LUMA
        levels = np.rint(luma).astype(levels.dtype)
    colored = colorize(levels, own)
    if image.dtype.kind != "f":
        return colored
    return (colored / np.float64(65535)).astype(image.dtype)


def _levels(image: np.ndarray) -> np.ndarray:
    if image.dtype in (np.uint8, np.uint16):
        return image
    if image.dtype.kind != "f":
        raise ValueError(f"image: expected uint8, uint16 or floating numbers, given {image.dtype}")
    if not (image.size and np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1):
        raise ValueError("image: expected floating numbers in [0, 1]")
    return np.rint(image.astype(np.float64) * 65535).astype(np.uint16)


def _of_tensor(image: Any, colorize: Colorize) -> Any:
    import torch  # noqa: PLC0415 - whoever has a tensor has it

    array = image.detach().cpu().numpy()
    if array.ndim > 2:  # channels come first
        array = np.moveaxis(array, -3, -1)
    colored = np.ascontiguousarray(np.moveaxis(_of_array(array, colorize), -1, -3))
    return torch.from_numpy(colored).to(image.device)
