"""Streams of a clip that its output's container can hold, found by trial.

A container accepts some streams only in name, and writes others that no reader recognizes.
So a few packets of each stream are written with one picture of the film, and read back, before the
first picture is coloured.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import av
import av.error

from colorunet.video.containers import Container
from colorunet.video.encoding import StretchEncoder, Target
from colorunet.video.reading import ClipReader, UnusableClip, words_of
from colorunet.video.sound import CODECS, LosslessSound

_FEW_PACKETS = 8
_MOST_READ = 3000  # packets that are read to find a few of every stream
_COVER = av.stream.Disposition.attached_pic
_NO_PLACE = "has no place here; left out"
_COVERED = ("mp4", "matroska")  # containers with a place for a cover picture


class Way(Enum):
    """How a stream is carried over."""

    COPY = "copied"
    COVER = "a cover picture"
    LOSSLESS_SOUND = "decoded, and stored without loss"
    ATTACHMENT = "an attached file"


@dataclass(frozen=True)
class Kept:
    """A stream that is carried over.

    Args:
        way: how it gets there.
        data: of a cover picture.
        codec: of sound that is encoded again.
    """

    way: Way
    data: bytes = b""
    codec: str = ""


def streams_kept(
    reader: ClipReader, container: Container, target: Target, stand_in: Any
) -> dict[int, Kept]:
    """Return the streams that the output can hold, by number; others are noted.

    Args:
        reader: the clip, from its beginning; it is read from.
        container: of the output.
        target: how the film is encoded.
        stand_in: a frame as it is going to be encoded.

    Raises:
        UnusableClip: the container can't hold the film itself.
    """
    trial = _Trial(container, target, stand_in)
    if reason := trial.reason_against():
        raise UnusableClip(f"can't be written as {container.muxer}: {reason}")
    others = [one for one in reader.container.streams if one.index != reader.stream.index]
    if not others:
        return {}
    packets = _first_packets(reader.container, {one.index for one in others})
    kept: dict[int, Kept] = {}
    for stream in others:
        way = _way_of(stream, packets.get(stream.index, []), container.muxer, trial)
        if isinstance(way, Kept):
            kept[stream.index] = way
            if way.way is Way.LOSSLESS_SOUND:
                reader.note(
                    f"stream {stream.index} (audio: {_codec_of(stream)}) has no place here as it "
                    f"is; its sound is stored without loss, as {way.codec.upper()}"
                )
        elif way:
            reader.note(f"stream {stream.index} ({stream.type}: {_codec_of(stream)}) {way}")
        if isinstance(way, Kept) and way.way is Way.COPY and stream.type == "video":
            reader.note(f"stream {stream.index} (video) is copied as it is, not coloured")
    return kept


def _way_of(stream: Any, packets: list[Any], muxer: str, trial: "_Trial") -> Kept | str:
    """Return how a stream is kept, or why it isn't; "" for streams that the output makes."""
    if stream.type == "data" and (stream.name == "bin_data" or "timecode" in stream.metadata):
        return ""  # chapters and timecode, which are kept as such
    if stream.type == "attachment":
        return Kept(Way.ATTACHMENT) if muxer == "matroska" else _NO_PLACE
    if stream.type == "video" and stream.disposition & _COVER:
        if muxer in _COVERED and _codec_of(stream) in ("mjpeg", "png") and packets:
            return Kept(Way.COVER, data=bytes(packets[0]))
        return "is a cover picture, which has no place here; left out"
    if not trial.reason_against(stream, packets):
        return Kept(Way.COPY)
    codecs = CODECS.get(muxer, ()) if stream.type == "audio" and stream.codec_context else ()
    fitting = (codec for codec in codecs if not trial.reason_against(stream, codec=codec))
    codec = next(fitting, None)
    return Kept(Way.LOSSLESS_SOUND, codec=codec) if codec else _NO_PLACE


class _Trial:
    """Writes one frame of the film and a few packets of another stream, and reads both back."""

    def __init__(self, container: Container, target: Target, stand_in: Any) -> None:
        self._container, self._target = container, target
        encoder = StretchEncoder(target)
        encoder.add(stand_in, 0, 1)
        self._film = encoder.finish()

    def reason_against(
        self, stream: Any = None, packets: Iterable[Any] = (), *, codec: str = ""
    ) -> str:
        """Return why a stream, or the film itself, can't be written; "" if it can.

        Args:
            stream: of the clip; None for the film alone.
            packets: of that stream.
            codec: that its sound is encoded with; else it is copied.
        """
        file = io.BytesIO()
        try:
            self._write(file, stream, packets, codec)
            file.seek(0)
            with av.open(file, format=self._container.muxer) as found:
                if stream is None or stream.codec_context is None or codec:
                    return ""
                codecs = {_codec_of(one) for one in found.streams}
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError) as error:
            return words_of(error)
        return "" if _codec_of(stream) in codecs or not packets else "it can't be read back"

    def _write(self, file: Any, stream: Any, packets: Iterable[Any], codec: str) -> None:
        muxer, options = self._container.muxer, self._container.options_in_memory
        with av.open(file, "w", format=muxer, container_options=options) as output:
            film = self._container.add_film(output, self._target)
            other = None
            if codec:
                LosslessSound(output, stream, codec)
            elif stream is not None:
                other = output.add_stream_from_template(stream)
            output.start_encoding()
            (first,) = self._film.packets()
            first.stream, first.time_base = film, self._target.time_base
            output.mux_one(first)
            start = None
            for packet in packets:
                start = packet.dts if start is None else start
                if packet.dts is None or start is None:
                    continue
                again = av.Packet(bytes(packet))
                again.dts, again.time_base = packet.dts - start, packet.time_base
                again.pts = again.dts if packet.pts is None else packet.pts - start
                again.duration, again.is_keyframe = packet.duration, packet.is_keyframe
                again.stream = other
                output.mux_one(again)


def _first_packets(container: Any, wanted: set[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {index: [] for index in wanted}
    try:
        for number, packet in enumerate(container.demux()):
            of_stream = found.get(packet.stream.index)
            if of_stream is not None and packet.size and len(of_stream) < _FEW_PACKETS:
                of_stream.append(packet)
            full = all(len(packets) == _FEW_PACKETS for packets in found.values())
            if full or number >= _MOST_READ:
                break
    except MemoryError:
        raise
    except av.error.FFmpegError:  # the reader of the frames reports the place of the break
        pass
    return found


def _codec_of(stream: Any) -> str:
    return str(getattr(stream.codec_context, "name", None) or stream.name or "unknown")
