"""Clips made from real photographs, with all that stands in a file beside the pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags


@dataclass(frozen=True)
class ClipSettings:
    """How a clip is written.

    Args:
        codec: encoder of the pictures.
        pix_fmt: of the frames; gray where the name begins so.
        time_base: of the pictures.
        times: of the frames, in its units; one each where empty.
        colorspace: matrix; ``color_range`` likewise, by H.273 and FFmpeg.
        rotation: degrees counterclockwise that the frames are turned by when they are shown.
        sound: seconds of a tone.
        subtitles: lines, each shown for half a second.
        words: metadata of the file.
        options: of the encoder.
    """

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    time_base: Fraction = Fraction(1, 25)
    times: Sequence[int] = ()
    colorspace: int = 2
    color_range: int = 0
    rotation: int = 0
    sound: float = 0.0
    subtitles: Sequence[str] = ()
    words: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=lambda: {"crf": "12", "preset": "ultrafast"})
    interlaced: bool = False
    pixel_aspect: Fraction | None = None
    muxer: str | None = None


def write_clip(path: Path, frames: Iterable[np.ndarray], settings: ClipSettings) -> Path:
    """Write frames: (H, W, 3) RGB, or (H, W) luma as it is to be stored, chroma then gray."""
    frames = list(frames)
    with av.open(str(path), "w", format=settings.muxer) as file:
        file.metadata.update(settings.words)
        height, width = frames[0].shape[:2]
        stream = file.add_stream(settings.codec, rate=25, time_base=settings.time_base)
        stream.width, stream.height, stream.pix_fmt = width, height, settings.pix_fmt
        stream.codec_context.time_base = settings.time_base
        stream.codec_context.options = dict(settings.options)
        stream.codec_context.colorspace = settings.colorspace
        stream.codec_context.color_range = settings.color_range
        stream.codec_context.thread_count = 1
        if settings.interlaced:
            stream.codec_context.flags |= Flags.interlaced_dct
        if settings.pixel_aspect:
            stream.codec_context.sample_aspect_ratio = settings.pixel_aspect
        if settings.rotation:
            stream.set_display_rotation(settings.rotation)
        sound = file.add_stream("aac", rate=44_100) if settings.sound else None
        subtitles = file.add_mux_stream("mov_text") if settings.subtitles else None
        if subtitles is not None:
            subtitles.time_base = Fraction(1, 1000)
        for number, levels in enumerate(frames):
            frame = frame_of(levels, settings.pix_fmt)
            frame.pts = settings.times[number] if settings.times else number
            frame.time_base = settings.time_base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if sound is not None:
            _write_sound(file, sound, settings.sound)
        for number, line in enumerate(settings.subtitles):
            text = line.encode()
            packet = av.Packet(len(text).to_bytes(2, "big") + text)
            packet.stream, packet.time_base = subtitles, Fraction(1, 1000)
            packet.pts = packet.dts = 500 * number
            packet.duration = 500
            file.mux(packet)
    return path


def _write_sound(file: Any, stream: Any, seconds: float) -> None:
    samples = np.sin(np.arange(round(seconds * 44_100)) / 40).astype(np.float32) / 4
    frame = av.AudioFrame.from_ndarray(np.stack((samples, samples)), "fltp", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = 44_100, 0, Fraction(1, 44_100)
    file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def frame_of(levels: np.ndarray, pix_fmt: str) -> Any:
    """Return a frame of RGB, or of luma with gray chroma, its levels as they are given."""
    if levels.ndim == 3:
        frame = av.VideoFrame.from_ndarray(levels, format="rgb24")
        return frame if pix_fmt == "rgb24" else frame.reformat(format=pix_fmt)
    frame = av.VideoFrame(levels.shape[1], levels.shape[0], pix_fmt)
    middle = 1 << (frame.format.components[0].bits - 1)
    for number, plane in enumerate(frame.planes):
        size = 1 if middle == 128 else 2
        rows = np.frombuffer(plane, levels.dtype).reshape(plane.height, plane.line_size // size)
        rows[:, : plane.width] = levels if number == 0 else middle
    return frame


@dataclass(frozen=True)
class Decoded:
    """What a clip holds.

    Args:
        times: of the frames, in seconds, exactly.
        frames: PyAV's.
    """

    times: list[Fraction]
    frames: list[Any]

    def plane(self, number: int) -> np.ndarray:
        """Return one plane of all frames."""
        return np.stack([plane_of(frame, number) for frame in self.frames])

    def rgb(self) -> np.ndarray:
        """Return the frames as a player that follows the tags shows them, (T, H, W, 3)."""
        return np.stack([frame.to_ndarray(format="rgb24") for frame in self.frames])


def plane_of(frame: Any, number: int) -> np.ndarray:
    """Return one plane of a frame."""
    plane = frame.planes[number]
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
    return rows[:, : plane.width]


def decoded(path: Path) -> Decoded:
    """Decode a clip's pictures."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        frames = list(file.decode(stream))
        return Decoded([frame.pts * stream.time_base for frame in frames], frames)


def copied(path: Path) -> dict[str, list[tuple[Fraction, bytes]]]:
    """Return the packets of everything but pictures, by the kind of stream: time and bytes."""
    found: dict[str, list[tuple[Fraction, bytes]]] = {}
    with av.open(str(path)) as file:
        for packet in file.demux():
            if packet.stream.type != "video" and packet.size:
                at = packet.pts * Fraction(packet.time_base)
                found.setdefault(packet.stream.type, []).append((at, bytes(packet)))
    return found
