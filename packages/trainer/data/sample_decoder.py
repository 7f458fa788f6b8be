"""Decoding of a sample's members to uint8 arrays."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from jaxtyping import UInt8
from PIL import Image

from colorcore import IGNORE_BIN
from trainer.errors import BadSample

_FORMATS = {"jpg": ("JPEG",), "png": ("PNG",)}  # by the suffix of the member: nothing else is tried
_UNREADABLE = (ValueError, OSError, SyntaxError, Image.DecompressionBombError)


@dataclass(frozen=True)
class Sample:
    """One view of a photo: luma, the bin of every pixel, and the colour crop if it was kept."""

    key: str
    luma: UInt8[np.ndarray, "height width"]
    bins: UInt8[np.ndarray, "height width"]
    rgb: UInt8[np.ndarray, "height width 3"] | None = None


class SampleDecoder:
    """Decodes the members of one sample; everything stays uint8.

    Args:
        bins: bins of the palette; a larger id (other than 255, ignore) is refused.
        size: the edge in pixels that the index promises.
        with_rgb: also decode the colour crop where there is one.

    Raises:
        BadSample: when called with a sample that lacks a member, doesn't decode, has another size
            than promised, or a bin that the palette doesn't have.
    """

    def __init__(self, *, bins: int, size: int, with_rgb: bool = False) -> None:
        self._n = bins
        self._size = size
        self._with_rgb = with_rgb
        self._usual_jpeg = _usual_header(size)
        self._zstd: zstandard.ZstdDecompressor | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_zstd": None}

    def __call__(
        self,
        members: Mapping[str, Any],
        *,
        bins_into: UInt8[np.ndarray, "height width"] | None = None,
    ) -> Sample:
        """Decode a sample, its bins into ``bins_into`` if that is given."""
        try:
            luma = self._luma(members)
            bins = self._bins(members["bins.zst"], bins_into)
            rgb = None
            if self._with_rgb and ("rgb.jpg" in members or "rgb.png" in members):
                rgb = self._image(members, ("rgb.jpg", "rgb.png"), "RGB")
        except KeyError as error:
            raise _bad(members, f"member {error.args[0]} is missing") from None
        except (*_UNREADABLE, zstandard.ZstdError) as error:
            raise _bad(members, str(error)) from None
        return Sample(key=members["__key__"], luma=luma, bins=bins, rgb=rgb)

    def _luma(self, members: Mapping[str, Any]) -> UInt8[np.ndarray, "height width"]:
        data = members.get("y.jpg", b"")
        if not self._usual_jpeg.match(data):
            return self._image(members, ("y.jpg", "y.png"), "L")
        # Reading the header in Python, as Image.open does, costs a tenth of decoding.
        try:
            size = (self._size, self._size)
            return np.asarray(Image.frombytes("L", size, data, "jpeg", "L", ""))
        except ValueError as error:
            raise ValueError(f"y.jpg: {error}") from None

    def _image(
        self, members: Mapping[str, Any], names: tuple[str, ...], mode: str
    ) -> UInt8[np.ndarray, "..."]:
        name = next((name for name in names if name in members), None)
        if name is None:
            raise KeyError(names[0])
        with Image.open(io.BytesIO(members[name]), formats=_FORMATS[name[-3:]]) as image:
            if image.size != (self._size, self._size) or image.mode != mode:
                raise ValueError(
                    f"{name}: expected {self._size} x {self._size} {mode}, "
                    f"given {image.size[0]} x {image.size[1]} {image.mode}"
                )
            return np.asarray(image)

    def _bins(
        self, data: bytes, into: UInt8[np.ndarray, "height width"] | None
    ) -> UInt8[np.ndarray, "height width"]:
        expected = self._size * self._size
        stated = zstandard.frame_content_size(data)  # before allocating: a header can claim TBs
        if stated != expected:
            raise ValueError(f"bins.zst: expected {expected} bytes inside, given {stated}")
        if self._zstd is None:
            self._zstd = zstandard.ZstdDecompressor()
        shape = (self._size, self._size)
        bins: np.ndarray = np.empty(shape, dtype=np.uint8) if into is None else into
        with self._zstd.stream_reader(data) as stream:
            length = stream.readinto(bins.data.cast("B"))
        if length != expected:
            raise ValueError(f"bins.zst: expected {expected} bytes inside, given {length}")
        if bins.max() >= self._n:  # rare: ignored pixels, or a fault
            unknown = bins[(bins >= self._n) & (bins != IGNORE_BIN)]
            if unknown.size:
                raise ValueError(
                    f"bins.zst: bin {unknown.max()} on {unknown.size} pixels, "
                    f"but the palette has bins 0 to {self._n - 1}"
                )
        return bins


def _usual_header(size: int) -> re.Pattern[bytes]:
    """Match the header that JPEG writers give to a gray image of ``size`` × ``size``.

    Every byte that says where the next segment starts is matched, down to the frame's size: the
    bare decoder writes as many pixels as the file states, whatever memory it is given.
    """
    if not 0 < size < 1 << 16:
        return re.compile(rb"(?!)")  # no JPEG has that size
    edge = re.escape(size.to_bytes(2, "big"))
    start, app0, table = rb"\xff\xd8", rb"\xff\xe0\x00\x10.{14}", rb"\xff\xdb\x00\x43\x00.{64}"
    frame = rb"\xff\xc0\x00\x0b\x08" + edge + edge + rb"\x01"
    return re.compile(start + app0 + table + frame, re.DOTALL)


def _bad(members: Mapping[str, Any], reason: str) -> BadSample:
    return BadSample(
        f"shard {members['__url__']}, sample {members['__key__']}: {reason}; "
        "write the shard again, or allow such samples with --skip-bad N"
    )
