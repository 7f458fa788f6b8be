"""Planning the views of a photo, and cutting them."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from jaxtyping import Int16, UInt8
from PIL import Image

from dataprep.errors import UnusablePhoto
from dataprep.photos.splits import keyed_hash

KINDS = ("center", "random", "random", "random-flip", "random-noise")
MAX_ELONGATION = 16  # a photo of 16 : 1 already is 4,096 pixels long at 256
_LEVELS = 1 << 16


@dataclass(frozen=True)
class ViewSettings:
    """Settings of the views, stored in the index of the shard set.

    Args:
        size: edge of a view in pixels; the photo's shorter edge is resized to it.
        views: of a training photo: the centre, then random ones of alternating kinds.
        luma: how luma is stored.
        noise_sigma: of the noisy views, in units of Y (0 to 1).
        seed: of every random number.
        augment: which splits get more than the centre view.
        keep_rgb: whether training samples have the colour crop too.
        small: what happens to photos whose shorter edge is below ``size``.

    Raises:
        ValueError: a value is out of range, or of another type.
    """

    size: int = 256
    views: int = 5
    luma: Literal["jpeg", "png"] = "jpeg"
    noise_sigma: float = 0.02
    seed: int = 0
    augment: Literal["train", "all"] = "train"
    keep_rgb: bool = False
    small: Literal["upscale", "reject"] = "upscale"

    def __post_init__(self) -> None:
        """Check types, as an index may have any, and ranges."""
        for name in ("size", "views", "seed"):
            if type(getattr(self, name)) is not int:
                raise ValueError(
                    f"{name}: expected a whole number, given {getattr(self, name)!r:.80}"
                )
        if type(self.keep_rgb) is not bool:
            raise ValueError(f"keep_rgb: expected true or false, given {self.keep_rgb!r:.80}")
        if self.luma not in ("jpeg", "png") or self.augment not in ("train", "all"):
            raise ValueError(
                f"luma or augment: unknown, given {self.luma!r:.80} {self.augment!r:.80}"
            )
        if not 16 <= self.size <= 2048:
            raise ValueError(f"size: expected 16 to 2048 pixels, given {self.size}")
        if not 1 <= self.views <= 100:
            raise ValueError(f"views: expected 1 to 100, given {self.views}")
        if not 0 <= self.noise_sigma <= 1:
            raise ValueError(f"noise sigma: expected 0 to 1 (of Y), given {self.noise_sigma}")

    def views_in(self, split: str) -> int:
        """Return the number of views of a photo in a split."""
        return self.views if split == "train" or self.augment == "all" else 1

    def rgb_in(self, split: str) -> bool:
        """Whether samples of a split have the colour crop."""
        return self.keep_rgb or split != "train"


@dataclass(frozen=True)
class View:
    """One view of a photo, with everything needed to cut it again from the resized photo."""

    view: int
    kind: str
    crop_left: int
    crop_top: int
    crop_size: int
    flip: bool
    noise_sigma: float
    noise_seed: int


def refuse_unfit(width: int, height: int, settings: ViewSettings) -> None:
    """Raise UnusablePhoto for a photo too elongated, or too small if those are rejected."""
    if max(width, height) > MAX_ELONGATION * min(width, height):
        raise UnusablePhoto(f"too elongated: {width} x {height}")
    if settings.small == "reject" and min(width, height) < settings.size:
        raise UnusablePhoto(f"smaller than {settings.size}: {width} x {height}")


def resized_shape(width: int, height: int, size: int) -> tuple[int, int]:
    """Return (width, height) with the shorter edge at ``size``, the longer one rounded."""
    if width <= height:
        return size, max(size, round(height * size / width))
    return max(size, round(width * size / height)), size


def resize_short_edge(
    image: Image.Image, size: int, full: tuple[int, int] | None = None
) -> Image.Image:
    """Return ``image`` with its shorter edge at ``size``, antialiased (Lanczos).

    Args:
        image: the photo, perhaps decoded at 1/2, 1/4 or 1/8.
        size: of the shorter edge.
        full: the size before that; a last column or row that the decoder rounded up to is
            then counted as the part of a pixel that it is.
    """
    full = full or image.size
    shape = resized_shape(*full, size)
    scale = max(1, round(full[0] / image.width))
    box = (0.0, 0.0, full[0] / scale, full[1] / scale)
    if box[2] > image.width or box[3] > image.height:
        box = (0.0, 0.0, float(image.width), float(image.height))
    return image.resize(shape, Image.Resampling.LANCZOS, box=box)


def plan_views(
    photo_key: str, split: str, resized: tuple[int, int], settings: ViewSettings
) -> list[View]:
    """Return the views of a photo; they depend on its key, its shape and the settings alone."""
    slack_x, slack_y = resized[0] - settings.size, resized[1] - settings.size
    views = []
    for number in range(settings.views_in(split)):
        kind = KINDS[0] if number == 0 else KINDS[1 + (number - 1) % 4]
        draw = keyed_hash("crop", settings.seed, photo_key, number)
        noisy = kind == "random-noise"
        views.append(
            View(
                view=number,
                kind=kind,
                crop_left=slack_x // 2 if number == 0 else draw % (slack_x + 1),
                crop_top=slack_y // 2 if number == 0 else draw % (slack_y + 1),
                crop_size=settings.size,
                flip=kind == "random-flip",
                noise_sigma=settings.noise_sigma if noisy else 0.0,
                # 63 bits, so that it fits the table's int64
                noise_seed=keyed_hash("noise", settings.seed, photo_key, number) >> 1
                if noisy
                else 0,
            )
        )
    return views


def cut(pixels: UInt8[np.ndarray, "height width"], view: View) -> UInt8[np.ndarray, "s s"]:
    """Return the view's crop of the resized photo's bins, without a copy."""
    size = view.crop_size
    crop = pixels[view.crop_top : view.crop_top + size, view.crop_left : view.crop_left + size]
    return crop[:, ::-1] if view.flip else crop


def cut_image(image: Image.Image, view: View) -> Image.Image:
    """Return the view's crop of the resized photo, its noise left out."""
    left, top, size = view.crop_left, view.crop_top, view.crop_size
    crop = image.crop((left, top, left + size, top + size))
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if view.flip else crop


def cut_luma(luma: Image.Image, view: View) -> Image.Image:
    """Return the view's crop of the resized photo's luma, with its noise."""
    crop = cut_image(luma, view)
    if view.noise_sigma == 0:
        return crop
    return Image.fromarray(add_noise(np.asarray(crop), view.noise_sigma, view.noise_seed))


def add_noise(
    luma: UInt8[np.ndarray, "height width"], sigma: float, seed: int
) -> UInt8[np.ndarray, "height width"]:
    """Return luma with Gaussian noise of ``sigma`` (in units of Y), rounded and clipped.

    Each pixel takes 16 bits of SFC64, in row order, to one of 65,536 equally likely quantiles of
    the normal distribution: a fifth of the time that drawing normal numbers takes.
    """
    words = np.random.SFC64(seed).random_raw((luma.size + 3) // 4)
    ranks = words.astype("<u8", copy=False).view("<u2")[: luma.size]
    # Every rank is in range; "clip" only spares the check, and half of the time.
    noisy = np.take(_quantiles(sigma), ranks, mode="clip").reshape(luma.shape)
    noisy += luma
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)


@lru_cache(maxsize=8)
def _quantiles(sigma: float) -> Int16[np.ndarray, "65536"]:
    normal = NormalDist(0, 255 * sigma)
    return np.array(
        [round(normal.inv_cdf((rank + 0.5) / _LEVELS)) for rank in range(_LEVELS)], dtype=np.int16
    )
