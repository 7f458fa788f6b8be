"""Planes of a film's frames: stored luma, and new frames from luma and chroma."""

from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from colorunet.video.color_coding import ColorCoding, is_known_matrix, matrix_of, rgb_to_uv

_FULL = 2  # by H.273, as FFmpeg counts: 1 is limited
_DEPTHS = (8, 10, 12, 16)


@dataclass(frozen=True)
class FrameLayout:
    """Layout of a film's frames, read and written.

    Args:
        width: in pixels, as stored.
        height: likewise.
        coding: of luma and chroma, in what is read and in what is written.
        halved: the written chroma has half the size; odd sizes have chroma for every pixel.
        from_rgb: what is read isn't luma and chroma.
        gray: what is read has no chroma.
    """

    width: int
    height: int
    coding: ColorCoding
    halved: bool
    from_rgb: bool
    gray: bool

    @classmethod
    def of(cls, frame: Any, *, most_bits: int) -> "FrameLayout":
        """Return the layout of a film by its first frame.

        Args:
            frame: decoded.
            most_bits: that can be written.
        """
        kind = frame.format
        gray = kind.name.startswith(("gray", "ya", "mono"))
        from_rgb = not gray and (
            kind.is_rgb or kind.has_palette or not is_known_matrix(int(frame.colorspace))
        )
        bits = 8 if kind.name.startswith("mono") else max(part.bits for part in kind.components)
        wanted = next((depth for depth in _DEPTHS if depth >= bits), 16)
        unspecified_is_full = from_rgb or gray or kind.name.startswith("yuvj")
        full = int(frame.color_range) == _FULL or (
            int(frame.color_range) == 0 and unspecified_is_full
        )
        matrix = matrix_of(int(frame.colorspace), frame.width, frame.height)
        return cls(
            frame.width,
            frame.height,
            ColorCoding(matrix, full or from_rgb, min(wanted, most_bits)),
            halved=frame.width % 2 == 0 and frame.height % 2 == 0,
            from_rgb=from_rgb,
            gray=gray,
        )

    @property
    def pix_fmt(self) -> str:
        """Pixel format of the written frames."""
        bits = self.coding.bits
        return ("yuv420p" if self.halved else "yuv444p") + ("" if bits == 8 else f"{bits}le")

    @property
    def chroma_size(self) -> tuple[int, int]:
        """Width and height of the written chroma."""
        return (self.width // 2, self.height // 2) if self.halved else (self.width, self.height)

    def luma(self, frame: Any) -> np.ndarray:
        """Return the levels of a frame's luma, as they are stored."""
        if self.from_rgb:
            return self.coding.luma_of_rgb(self._rgb(frame))
        if self.gray:
            name = "gray" if self.coding.bits == 8 else f"gray{self.coding.bits}le"
        else:
            name = self.pix_fmt
        return _plane(_in_format(frame, name, self.coding), 0)

    def own_uv(self, frame: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return U and V of a frame's own colours, at the size of the written chroma."""
        width, height = self.chroma_size
        if self.gray:
            return np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
        if self.from_rgb:
            u, v = rgb_to_uv(self._rgb(frame))
            step = 2 if self.halved else 1
            shape = (height, step, width, step)
            return u.reshape(shape).mean((1, 3)), v.reshape(shape).mean((1, 3))
        planes = _in_format(frame, self.pix_fmt, self.coding)
        return self.coding.uv(_plane(planes, 1), _plane(planes, 2))

    def composed(self, luma: np.ndarray, cb: np.ndarray, cr: np.ndarray, like: Any) -> Any:
        """Return a frame made of these planes.

        Args:
            luma: levels.
            cb: levels at the size of the chroma; ``cr`` likewise.
            like: the frame that was read; whether it is interlaced is taken from it.
        """
        if like.interlaced_frame:  # only a copy made by the library keeps that
            frame = like.reformat(format="gray").reformat(format=self.pix_fmt)
            frame = frame.reformat(width=self.width, height=self.height)
        else:
            frame = av.VideoFrame(self.width, self.height, self.pix_fmt)
        for number, levels in enumerate((luma, cb, cr)):
            _rows(frame.planes[number], levels.dtype)[:, : levels.shape[1]] = levels
        return frame

    def without_color(self, frame: Any) -> Any:
        """Return a gray frame in the written format."""
        width, height = self.chroma_size
        middle = np.full((height, width), 1 << (self.coding.bits - 1), self.coding.dtype)
        return self.composed(self.luma(frame), middle, middle, frame)

    def _rgb(self, frame: Any) -> np.ndarray:
        deep = self.coding.bits > 8
        return np.asarray(frame.to_ndarray(format="rgb48le" if deep else "rgb24"))


def fitted(frame: Any, layout: FrameLayout) -> Any:
    """Return a frame scaled to the size of the film's first one."""
    if (frame.width, frame.height) == (layout.width, layout.height):
        return frame
    return frame.reformat(width=layout.width, height=layout.height, interpolation="BICUBIC")


def _in_format(frame: Any, name: str, coding: ColorCoding) -> Any:
    """Return a frame in another pixel format with the same numbers, without matrix or range."""
    if frame.format.name == name or frame.format.name == name.replace("yuv", "yuvj"):
        return frame
    level = "JPEG" if coding.full_range else "MPEG"
    return frame.reformat(format=name, src_color_range=level, dst_color_range=level)


def _plane(frame: Any, number: int) -> np.ndarray:
    plane = frame.planes[number]
    dtype = np.uint8 if max(part.bits for part in frame.format.components) == 8 else np.uint16
    return _rows(plane, dtype)[:, : plane.width]


def _rows(plane: Any, dtype: Any) -> np.ndarray:
    """Return a plane's memory as rows of samples, padding at their ends."""
    size = np.dtype(dtype).itemsize
    samples = np.frombuffer(plane, dtype, count=plane.buffer_size // size)
    return samples.reshape(plane.height, plane.line_size // size)
