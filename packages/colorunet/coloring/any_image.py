"""Images as Python programs hold them: PIL's, NumPy's and torch's, one or several."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

Colorize = Callable[[np.ndarray, np.ndarray | None], np.ndarray]
_LUMA = np.array([0.299, 0.587, 0.114])  # BT.601
_GRAY = ("1", "L", "LA", "La")


def colorize_any(image: Any, colorize: Colorize) -> Any:
    """Return an image, or several, in colour: of the kind, the depth and the device that was given.

    Args:
        image: a PIL image; an array (H, W), (H, W, 1 or 3) or (B, H, W, 1 or 3); a torch tensor
            (H, W), (1 or 3, H, W) or (B, 1 or 3, H, W); or a list of these. Numbers are uint8,
            uint16, or floating in [0, 1]. Of colour the luma is taken; PIL's alpha is kept.
        colorize: from luma (H, W), uint8 or uint16, and the image's own colours (H, W, 3), None
            where it is gray, to RGB (H, W, 3) of the same depth.

    Raises:
        TypeError: it is something else.
        ValueError: of another shape or kind of number.
    """
    if isinstance(image, Image.Image):
        return _of_pil(image, colorize)
    if isinstance(image, np.ndarray):
        return _of_array(image, colorize)
    if type(image).__module__.partition(".")[0] == "torch":
        return _of_tensor(image, colorize)
    if isinstance(image, Sequence) and not isinstance(image, (str, bytes)):
        return [colorize_any(one, colorize) for one in image]
    raise TypeError(
        f"image: expected a PIL image, a NumPy array, a torch tensor or a list of them, given "
        f"{type(image).__name__}; colorize_files takes paths"
    )


def is_several(image: Any) -> bool:
    """Whether it is a list of images or a batch."""
    return isinstance(image, Sequence) or getattr(image, "ndim", 0) == 4


def _of_pil(image: Image.Image, colorize: Colorize) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"image: mode {image.mode!r}; give its levels as a NumPy array of uint16")
    own = None if image.mode in _GRAY else np.asarray(image.convert("RGB"))
    colored = Image.fromarray(colorize(np.asarray(image.convert("L")), own))
    if "A" in image.getbands() or "transparency" in image.info:
        colored.putalpha(image.convert("RGBA").getchannel("A"))
    return colored


def _of_array(image: np.ndarray, colorize: Colorize) -> np.ndarray:
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
