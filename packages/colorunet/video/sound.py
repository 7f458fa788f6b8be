"""Lossless re-encoding of sound that a container can't hold as it is."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.error

CODECS = {  # what is tried for a container, by FFmpeg's name of it
    "matroska": ("flac",),
    "mp4": ("alac", "flac"),
    "mov": ("alac",),
}
_FORMATS = {"flac": ("s16", "s32"), "alac": ("s16p", "s32p")}  # of 16 and 24 bits
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}  # of channels whose places the clip doesn't name


class LosslessSound:
    """A sound stream of the output.

    Args:
        output: PyAV's container.
        stream: of the clip.
        codec: one of ``CODECS``.
    """

    def __init__(self, output: Any, stream: Any, codec: str) -> None:
        own = stream.codec_context
        self.stream = output.add_stream(codec, rate=own.sample_rate)
        sixteen, more = _FORMATS[codec]
        context = self.stream.codec_context
        context.format = sixteen if own.format.bits == 16 else more
        is_named = not own.layout.name.endswith("channels")
        context.layout = own.layout if is_named else _LAYOUTS.get(own.channels, own.layout)
        context.time_base = Fraction(1, own.sample_rate)
        self._source = stream
        self._base, self._end = Fraction(1, own.sample_rate), Fraction(0)

    def packets(self, packet: Any) -> Iterator[Any]:
        """Yield the encoded packets for a packet of the clip; damaged ones leave a gap."""
        try:
            frames = packet.decode()
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            return
        for frame in frames:
            if frame.pts is None:  # as the last one of some codecs
                frame.time_base, frame.pts = self._base, round(self._end / self._base)
            self._base = frame.time_base  # one for all frames, as the resampler requires
            self._end = frame.pts * self._base + Fraction(frame.samples, frame.sample_rate)
            yield from self.stream.encode(frame)

    def last_packets(self) -> Iterator[Any]:
        """Flush decoder and encoder."""
        end = av.Packet()
        end.stream = self._source
        yield from self.packets(end)
        yield from self.stream.encode(None)
