"""Files other than TIFFs: headers checked, frames located, then opened by Pillow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from PIL import Image

from colorfiles.photos.animation import Animation
from colorfiles.photos.apng import apng_animation
from colorfiles.photos.formats import FIRST_BYTES
from colorfiles.photos.gif import gif_animation
from colorfiles.photos.limits import ReadSettings, refuse_unfit, webp_size
from colorfiles.photos.png_color import png_profile

_OF_ONE_PHOTO = ("JPEG", "MPO", "HEIF")  # further images: previews, depth, stereo
_DECODED_ONCE = ("1", "L", "I;16", "I;16B", "RGB")  # others are held a second time, as RGB


@dataclass(frozen=True)
class OpenedPhoto:
    """A photo of any format but TIFF.

    Args:
        image: with the header read by Pillow.
        animation: its frames, where they are composed here rather than by Pillow.
        notes: on what was ignored or mended.
    """

    image: Image.Image
    animation: Animation | None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        return self.animation.size if self.animation else self.image.size

    @property
    def pages(self) -> int:
        """Number of frames that are photos of their own."""
        if self.animation:
            return len(self.animation.frames)
        return 1 if self.image.format in _OF_ONE_PHOTO else getattr(self.image, "n_frames", 1)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel during decoding."""
        if self.animation or self.image.format == "JPEG2000":  # its decoder works in 32 bits
            return 8
        plain = self.image.mode in _DECODED_ONCE and "transparency" not in self.image.info
        return 4 if plain else 8

    def frames(self, first: int = 0) -> Iterator[tuple[Image.Image, int | None]]:
        """Yield composed frames from number ``first`` on, each with its duration."""
        if self.animation is None:
            for number in range(first, self.pages):
                self.image.seek(number)
                self.image.load()
                # the next frame is decoded into the same image
                yield self.image.copy(), self.image.info.get("duration")
            return
        profile = self.image.info.get("icc_profile")
        composed = self.animation.composed(self.image.format or "")
        for image, frame in islice(zip(composed, self.animation.frames, strict=True), first, None):
            image.info["icc_profile"] = profile
            yield image, frame.duration_ms


@contextmanager
def opened_photo(
    stream: BinaryIO, format_name: str, settings: ReadSettings
) -> Iterator[OpenedPhoto]:
    """Open a photo for the block; UnreadableImage if it is beyond the limits."""
    stream.seek(0)
    animation = None
    if format_name == "WEBP":
        size = webp_size(stream.read(FIRST_BYTES))
        if all(size):
            refuse_unfit(*size, settings)
    elif format_name == "GIF":
        animation = gif_animation(stream.read())
    elif format_name == "PNG":
        animation = apng_animation(stream)
    if animation:
        animation.refuse_unfit(settings)
    stream.seek(0)
    with Image.open(stream, formats=(format_name,)) as image:  # MPO among them: it opens as JPEG
        note = ""
        if format_name == "PNG":
            place = stream.tell()  # where Pillow continues
            profile, note = png_profile(stream, image.info.get("icc_profile"))
            image.info["icc_profile"] = profile
            stream.seek(place)
        opened = OpenedPhoto(image, animation, (note,) if note else ())
        refuse_unfit(*opened.size, settings, opened.pixel_bytes)
        yield opened
