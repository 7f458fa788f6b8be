"""Encoding of a film in independent stretches."""

import platform
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.frame import PictureType

from colorunet.video.planes import FrameLayout

_THREADS = 4  # whatever the machine has: some encoders' output depends on it
# With AVX2 and AVX-512 x264's macroblock tree (core 165) gives other bytes now and then where a row
# isn't a multiple of eight macroblocks. Every x86-64 processor that numpy runs on has SSE4.2.
_X264_INSTRUCTIONS = "asm=SSE4.2"
_LOSSLESS = frozenset(
    ("ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv", "rawvideo", "v210", "png", "qtrle")
)


@dataclass(frozen=True)
class Encoder:
    """An encoder and its options.

    Args:
        name: FFmpeg's.
        word: common name of its format.
        most_bits: of a sample.
        options: of the encoder; no picture refers to a later one, so that any container keeps the
            times and stretches can be concatenated.
    """

    name: str
    word: str
    most_bits: int
    options: tuple[tuple[str, str], ...]


H264 = Encoder("libx264", "H.264", 8, (("preset", "veryfast"), ("crf", "17")))
HEVC = Encoder(
    "libx265",
    "HEVC",
    12,
    (
        ("preset", "veryfast"),
        ("crf", "16"),
        ("x265-params", "log-level=none:bframes=0:frame-threads=2:pools=2"),
    ),
)
VP9 = Encoder(
    "libvpx-vp9",
    "VP9",
    12,
    (
        ("deadline", "realtime"),
        ("cpu-used", "6"),
        ("crf", "20"),
        ("b", "0"),
        ("row-mt", "1"),
        ("lag-in-frames", "0"),
        ("auto-alt-ref", "0"),
    ),
)
FFV1 = Encoder("ffv1", "FFV1", 16, (("level", "3"), ("slices", "4"), ("slicecrc", "1")))


def encoder_for(codec: str, bits: int, muxer: str) -> Encoder:
    """Choose the encoder of a film's output.

    Args:
        codec: of the film; what was stored without loss stays without.
        bits: of its samples; H.264 of more than 8 is played by few, HEVC of 10 by most.
        muxer: of the container.
    """
    if muxer == "webm":
        return VP9
    if codec in _LOSSLESS and muxer == "matroska":
        return FFV1
    return H264 if bits <= 8 or muxer == "flv" else HEVC


@dataclass(frozen=True)
class Target:
    """Properties of the encoded film.

    Args:
        encoder: which.
        layout: of the frames.
        time_base: seconds of a unit of time.
        rate: frames a second, about.
        pixel_aspect: width of a pixel in heights; 0 if it isn't stated.
        primaries: by H.273; ``transfer`` likewise.
        interlaced: frames are of two fields.
        group: most frames from one key frame to the next.
        display_matrix: nine numbers that say how frames are turned when they are shown; or none.
        mastering: further parameters of x265; see ``mastering_of``.
    """

    encoder: Encoder
    layout: FrameLayout
    time_base: Fraction
    rate: Fraction
    pixel_aspect: Fraction
    primaries: int
    transfer: int
    interlaced: bool
    group: int
    display_matrix: tuple[int, ...] = ()
    mastering: str = ""

    def configure(self, context: Any) -> None:
        """Set up an encoder's or a stream's codec context."""
        layout = self.layout
        context.width, context.height = layout.width, layout.height
        context.pix_fmt = layout.pix_fmt
        context.time_base, context.framerate = self.time_base, self.rate
        context.gop_size, context.max_b_frames = self.group, 0
        context.color_range = 2 if layout.coding.full_range else 1
        context.colorspace = layout.coding.matrix
        context.color_primaries, context.color_trc = self.primaries, self.transfer
        if self.pixel_aspect:
            context.sample_aspect_ratio = self.pixel_aspect
        context.thread_count = _THREADS
        context.options = dict(self.encoder.options)
        if self.encoder is H264 and platform.machine() in ("x86_64", "AMD64"):
            context.options["x264-params"] = _X264_INSTRUCTIONS
        if self.mastering:
            context.options["x265-params"] += f":{self.mastering}"
        context.flags |= Flags.global_header | Flags.bitexact
        if self.interlaced and self.encoder in (H264, HEVC):
            context.flags |= Flags.interlaced_dct


@dataclass(frozen=True)
class Stretch:
    """Packets that are decodable without earlier ones, as arrays for storage in a file.

    Args:
        data: all bytes, one packet after the other.
        sizes: of the packets.
        pts: of each, in units of the target's time base; none is shown before it is decoded.
        durations: likewise.
        keys: which stand on their own.
    """

    data: np.ndarray
    sizes: np.ndarray
    pts: np.ndarray
    durations: np.ndarray
    keys: np.ndarray

    def packets(self) -> list[Any]:
        """Return PyAV's packets."""
        found, start = [], 0
        for size, pts, duration, key in zip(
            self.sizes.tolist(), self.pts.tolist(), self.durations.tolist(), self.keys, strict=True
        ):
            packet = av.Packet(self.data[start : start + size].tobytes())
            packet.pts = packet.dts = pts
            packet.duration = duration
            packet.is_keyframe = bool(key)
            found.append(packet)
            start += size
        return found


class StretchEncoder:
    """Encodes one stretch with its own encoder."""

    def __init__(self, target: Target) -> None:
        self._context = av.CodecContext.create(target.encoder.name, "w")
        target.configure(self._context)
        self._time_base = target.time_base
        self._packets: list[Any] = []
        self._durations: list[int] = []

    def add(self, frame: Any, pts: int, duration: int) -> None:
        """Encode the next frame."""
        frame.pts, frame.time_base = pts, self._time_base
        frame.pict_type = PictureType.NONE
        self._durations.append(duration)
        self._packets += self._context.encode(frame)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self._durations)

    def finish(self) -> Stretch:
        """Flush the encoder and return the stretch.

        Raises:
            RuntimeError: the encoder gave another number of packets, or in another order.
        """
        packets = [*self._packets, *self._context.encode(None)]
        pts = [int(packet.pts) for packet in packets]
        if len(packets) != len(self) or pts != sorted(pts):
            raise RuntimeError(f"{self._context.name}: {len(packets)} packets of {len(self)}")
        return Stretch(
            np.frombuffer(b"".join(map(bytes, packets)), np.uint8),
            np.array([packet.size for packet in packets], np.int64),
            np.array(pts, np.int64),
            np.array(self._durations, np.int64),
            np.array([packet.is_keyframe for packet in packets], np.bool_),
        )
