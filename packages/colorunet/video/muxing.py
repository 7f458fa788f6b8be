"""The coloured pictures and everything else of a clip, into one file: copied, not encoded anew."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from colorunet.video.encoding import HEVC, Target
from colorunet.video.reading import ClipReader

_FILM = -1  # stands for the number of the stream that is coloured
_MP4 = ("mp4", "mov", "3gp")
# What muxers write themselves; the rest of a file's words is copied.
_OWN_WORDS = frozenset(("major_brand", "minor_version", "compatible_brands", "encoder"))
_OWN_STREAM_WORDS = frozenset(("encoder", "handler_name", "vendor_id", "DURATION"))
# Names that MP4 and MOV have a place for; for others there is a table of their own.
_MP4_WORDS = frozenset(
    (
        "title",
        "artist",
        "album_artist",
        "composer",
        "album",
        "date",
        "comment",
        "genre",
        "copyright",
        "grouping",
        "lyrics",
        "description",
        "synopsis",
        "show",
        "episode_id",
        "network",
        "keywords",
        "compilation",
        "creation_time",
        "track",
        "disc",
        "timecode",
        "media_type",
        "hd_video",
        "gapless_playback",
        "season_number",
        "episode_sort",
    )
)


def write_film(
    path: Path, muxer: str, reader: ClipReader, target: Target, packets: Iterable[Any]
) -> None:
    """Write a film: coloured packets in place of the clip's own, all other streams as they are.

    Args:
        path: of the file, whatever its suffix.
        muxer: FFmpeg's name of the container.
        reader: the clip, from its beginning; told what couldn't be copied.
        target: how the packets were encoded.
        packets: in the order in which they are shown.
    """
    words = {key: text for key, text in reader.container.metadata.items() if key not in _OWN_WORDS}
    with av.open(str(path), "w", format=muxer, container_options=_options(muxer, words)) as output:
        output.flags |= av.container.core.Flags.bitexact.value
        output.metadata.update(words)
        streams = _streams(output, reader, target)
        chapters = reader.container.chapters()
        if chapters:
            output.set_chapters(chapters)
        output.start_encoding()
        for packet in _in_turn(_copied(reader, muxer), streams, target, packets):
            output.mux_one(packet)


def _options(muxer: str, words: dict[str, str]) -> dict[str, str]:
    if muxer in _MP4:
        tags = "" if words.keys() <= _MP4_WORDS else "+use_metadata_tags"
        return {"movflags": f"+faststart{tags}", "write_tmcd": "auto"}
    return {"mpegts_copyts": "1"} if muxer == "mpegts" else {}


def _streams(output: Any, reader: ClipReader, target: Target) -> dict[int, Any]:
    """Return the output's stream for each of the clip's, by its number; and the coloured one."""
    streams = {}
    for stream in reader.container.streams:
        if stream.index == reader.stream.index:
            made = streams[_FILM] = _coded_stream(output, target)
        else:
            made = _copied_stream(output, stream, reader)
            if made is None:
                continue
        words = {k: v for k, v in stream.metadata.items() if k not in _OWN_STREAM_WORDS}
        made.metadata.update(words)
        made.disposition = stream.disposition
        streams[stream.index] = made
    return streams


def _coded_stream(output: Any, target: Target) -> Any:
    made = output.add_stream(target.encoder.name, rate=target.rate, time_base=target.time_base)
    target.configure(made.codec_context)
    if target.encoder is HEVC and output.format.name in _MP4:
        made.codec_context.codec_tag = "hvc1"  # without it some players refuse the file
    made.time_base = target.time_base
    if target.display_matrix:
        made.set_display_matrix(target.display_matrix)
    return made


def _copied_stream(output: Any, stream: Any, reader: ClipReader) -> Any | None:
    if stream.type == "data" and stream.name == "bin_data":  # chapters, which are copied as such
        return None
    if stream.type == "data" and "timecode" in stream.metadata:  # written from that again
        return None
    try:
        if stream.type == "attachment":
            name = stream.metadata.get("filename", f"attachment-{stream.index}")
            return output.add_attachment(name, stream.mimetype or "", stream.data)
        return output.add_stream_from_template(stream)
    except MemoryError:
        raise
    except (ValueError, av.error.FFmpegError):
        kind = getattr(stream.codec_context, "name", None) or stream.name or "unknown"
        reader.note(f"stream {stream.index} ({stream.type}: {kind}) has no place here; left out")
        return None


def _in_turn(
    copied: Iterator[Any], streams: dict[int, Any], target: Target, packets: Iterable[Any]
) -> Iterator[Any]:
    """Yield packets of all streams, those of the film before what comes with or behind them."""
    coded = iter(packets)
    waiting = next(coded, None)
    for packet in copied:
        made = streams.get(packet.stream.index)
        when = packet.pts if packet.dts is None else packet.dts
        if made is None or when is None:
            continue
        time = when * Fraction(packet.time_base)
        while waiting is not None and waiting.pts * target.time_base <= time:
            yield _of(waiting, streams[_FILM], target)
            waiting = next(coded, None)
        packet.stream = made
        yield packet
    while waiting is not None:
        yield _of(waiting, streams[_FILM], target)
        waiting = next(coded, None)


def _copied(reader: ClipReader, muxer: str) -> Iterator[Any]:
    """Yield the packets of all streams but the one that is coloured."""
    packets = reader.container.demux()
    while True:
        try:
            packet = next(packets)
        except MemoryError:
            raise
        except (StopIteration, av.error.FFmpegError):  # where it breaks off was told before
            return
        is_film = packet.stream.index == reader.stream.index
        # A gap between two subtitles of MP4 is a packet of its own; the muxer writes it anew.
        is_gap = muxer in _MP4 and packet.stream.type == "subtitle" and bytes(packet) == b"\0\0"
        if packet.size and not is_film and not is_gap:
            yield packet


def _of(packet: Any, stream: Any, target: Target) -> Any:
    packet.stream = stream
    packet.time_base = target.time_base
    return packet
