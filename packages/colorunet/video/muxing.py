"""Muxing of coloured pictures with the other streams of a clip, which are copied."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from colorunet.video.containers import Container
from colorunet.video.encoding import Target
from colorunet.video.joints import Clock, Joints
from colorunet.video.keeping import Kept, Way
from colorunet.video.reading import ClipReader
from colorunet.video.sound import LosslessSound

_FILM = -1  # stands for the number of the stream that is coloured
# What muxers write themselves; other tags are copied.
_OWN_WORDS = frozenset(("major_brand", "minor_version", "compatible_brands", "encoder"))
_OWN_STREAM_WORDS = frozenset(("encoder", "handler_name", "vendor_id", "DURATION"))
_COVER_KINDS = {b"\xff\xd8": ("cover.jpg", "image/jpeg"), b"\x89P": ("cover.png", "image/png")}


def write_film(
    path: Path,
    container: Container,
    reader: ClipReader,
    film: tuple[Target, Iterable[Any]],
    *,
    kept: Mapping[int, Kept],
    joints: Joints,
    comment: str = "",
) -> None:
    """Write a film: coloured packets replace the clip's pictures, other streams are copied.

    Args:
        path: of the file, whatever its suffix.
        container: of the output.
        reader: the clip, from its beginning.
        film: how the coloured packets were encoded, and they, in the order of showing.
        kept: the other streams, by number.
        joints: where the clip's clock starts again.
        comment: that is put behind the clip's own.
    """
    target, packets = film
    words = {key: text for key, text in reader.container.metadata.items() if key not in _OWN_WORDS}
    if comment:
        own = [words.pop(key) for key in list(words) if key.lower() == "comment"]
        words["comment"] = "\n".join([*own, comment])
    options = container.options(words)
    with av.open(str(path), "w", format=container.muxer, container_options=options) as output:
        output.flags |= av.container.core.Flags.bitexact.value
        output.metadata.update(words)
        streams = _streams(output, reader, container, target, kept)
        chapters = reader.container.chapters()
        if chapters:
            output.set_chapters(chapters)
        output.start_encoding()
        others = _Others(
            reader, container, streams, kept, Clock(reader.container, reader.stream.index, joints)
        )
        for packet in _in_turn(others.packets(), streams[_FILM], target, packets):
            output.mux_one(packet)


def _streams(
    output: Any, reader: ClipReader, container: Container, target: Target, kept: Mapping[int, Kept]
) -> dict[int, Any]:
    """Return the output's streams by number of the clip's, and the coloured one."""
    streams = {}
    for stream in reader.container.streams:
        if stream.index == reader.stream.index:
            made = streams[_FILM] = container.add_film(output, target)
        elif stream.index in kept and kept[stream.index].way is Way.LOSSLESS_SOUND:
            sound = LosslessSound(output, stream, kept[stream.index].codec)
            streams[stream.index], made = sound, sound.stream
        elif stream.index in kept:
            made = _made_for(output, stream, container, kept[stream.index])
            streams[stream.index] = made
        else:
            continue
        words = {k: v for k, v in stream.metadata.items() if k not in _OWN_STREAM_WORDS}
        made.metadata.update(words)
        made.disposition = stream.disposition
    return streams


def _made_for(output: Any, stream: Any, container: Container, kept: Kept) -> Any:
    if kept.way is Way.ATTACHMENT:
        name = stream.metadata.get("filename", f"attachment-{stream.index}")
        return output.add_attachment(name, stream.mimetype or "", stream.data)
    if kept.way is Way.COVER and not container.is_mp4:
        return output.add_attachment(*_COVER_KINDS[kept.data[:2]], kept.data)
    return output.add_stream_from_template(stream)


class _Others:
    """Packets of all streams except the film."""

    def __init__(
        self,
        reader: ClipReader,
        container: Container,
        streams: Mapping[int, Any],
        kept: Mapping[int, Kept],
        clock: Clock,
    ) -> None:
        self._reader, self._container = reader, container
        self._streams, self._kept, self._clock = streams, kept, clock
        self._last: dict[int, int] = {}

    def packets(self) -> Iterator[Any]:
        """Yield them in the order of the clip."""
        yield from self._covers()
        for packet in self._read():
            kept = self._kept.get(packet.stream.index)
            if kept is None or kept.way in (Way.COVER, Way.ATTACHMENT):
                continue
            made = self._streams[packet.stream.index]
            if kept.way is Way.LOSSLESS_SOUND:
                yield from made.packets(packet)
            elif packet.dts is not None or packet.pts is not None:
                packet.stream = made
                yield self._behind_the_last(packet)
        for index, kept in self._kept.items():
            if kept.way is Way.LOSSLESS_SOUND:
                yield from self._streams[index].last_packets()

    def _covers(self) -> Iterator[Any]:
        for index, kept in self._kept.items():
            if kept.way is Way.COVER and self._container.is_mp4:
                packet = av.Packet(kept.data)
                packet.stream = self._streams[index]
                packet.pts = packet.dts = 0
                packet.time_base, packet.is_keyframe = Fraction(1, 1000), True
                yield packet

    def _behind_the_last(self, packet: Any) -> Any:
        """Return a packet, shifted where concatenated clips' sound overlaps."""
        index = packet.stream.index
        if packet.dts is not None:
            last = self._last.get(index)
            if last is not None and packet.dts <= last:
                packet.dts = last + 1
                packet.pts = packet.dts if packet.pts is None else max(packet.pts, packet.dts)
            self._last[index] = packet.dts
        return packet

    def _read(self) -> Iterator[Any]:
        packets = self._reader.container.demux()
        while True:
            try:
                packet = next(packets)
            except MemoryError:
                raise
            # The place of a break was reported while reading.
            except (StopIteration, av.error.FFmpegError):
                return
            if not packet.size:
                continue
            self._clock.put(packet)
            # A gap between two subtitles of MP4 is a packet of its own; the muxer writes its own.
            of_mp4 = self._container.is_mp4 and packet.stream.type == "subtitle"
            if not (of_mp4 and bytes(packet) == b"\0\0"):
                yield packet


def _in_turn(
    others: Iterator[Any], film: Any, target: Target, packets: Iterable[Any]
) -> Iterator[Any]:
    """Yield packets of all streams, those of the film before what comes with or behind them."""
    coded = iter(packets)
    waiting = next(coded, None)
    for packet in others:
        time = (packet.pts if packet.dts is None else packet.dts) * Fraction(packet.time_base)
        while waiting is not None and waiting.pts * target.time_base <= time:
            yield _of(waiting, film, target)
            waiting = next(coded, None)
        yield packet
    while waiting is not None:
        yield _of(waiting, film, target)
        waiting = next(coded, None)


def _of(packet: Any, film: Any, target: Target) -> Any:
    packet.stream = film
    packet.time_base = target.time_base
    return packet
