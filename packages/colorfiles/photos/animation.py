"""Compositing of the frames of an animation, as browsers do it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from PIL import Image

from colorfiles.errors import UnreadableImage
from colorfiles.photos.limits import ReadSettings, refuse_unfit


class Disposal(Enum):
    """What becomes of a frame's area before the next frame is drawn."""

    KEEP = 0
    CLEAR = 1
    RESTORE = 2


@dataclass(frozen=True)
class Frame:
    """One frame of an animation, not decoded yet.

    Args:
        still: a file of its pixels alone, of the animation's own format.
        box: left, top, width and height on the canvas; may reach beyond it.
        disposal: of its area, after it was shown.
        over: whether clear pixels let the canvas through, rather than replace it.
        duration_ms: how long it is shown.
    """

    still: bytes
    box: tuple[int, int, int, int]
    disposal: Disposal = Disposal.KEEP
    over: bool = True
    duration_ms: int | None = None


@dataclass(frozen=True)
class Animation:
    """A canvas (width, height) and its frames."""

    size: tuple[int, int]
    frames: tuple[Frame, ...]

    def refuse_unfit(self, settings: ReadSettings) -> None:
        """Raise UnreadableImage where the canvas or any frame is out of the limits."""
        refuse_unfit(*self.size, settings, 4)
        for frame in self.frames:
            refuse_unfit(*frame.box[2:], ReadSettings(max_bytes=settings.max_bytes, min_edge_px=0))

    def composed(self, format_name: str) -> Iterator[Image.Image]:
        """Yield the canvas, RGBA or RGB, as it is after each frame; one frame is decoded at a time.

        Args:
            format_name: of the stills, by Pillow's names.
        """
        canvas = Image.new("RGBA", self.size)
        for frame in self.frames:
            left, top, width, height = frame.box
            area = (left, top, min(left + width, self.size[0]), min(top + height, self.size[1]))
            before = canvas.copy() if frame.disposal is Disposal.RESTORE else None
            if area[0] < area[2] and area[1] < area[3]:
                pixels = _decoded(frame, format_name)
                pixels = pixels.crop((0, 0, area[2] - left, area[3] - top))
                if frame.over:
                    canvas.alpha_composite(pixels, (left, top))
                else:
                    canvas.paste(pixels, area)
            opaque = canvas.getchannel("A").getextrema() == (255, 255)
            yield canvas.convert("RGB") if opaque else canvas.copy()
            if before is not None:
                canvas = before
            elif frame.disposal is Disposal.CLEAR:
                canvas.paste((0, 0, 0, 0), area)


def _decoded(frame: Frame, format_name: str) -> Image.Image:
    with Image.open(io.BytesIO(frame.still), formats=(format_name,)) as image:
        if image.size != frame.box[2:]:
            raise UnreadableImage("undecodable: a frame of another size than its header states")
        image.load()
        return image.convert("RGBA")
