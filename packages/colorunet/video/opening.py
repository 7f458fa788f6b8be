"""Opening of a clip: validation, and selection of the stream to colour."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging

from colorunet.video.reading import ClipReader, UnusableClip, words_of

# Containers of one file. Playlists and the like, which name other files, are none.
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,dv,nut,"
    "h264,hevc,m4v,vc1,ivf,gxf,lavf"
)
_OPEN = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
_MOST_PIXELS = 1 << 26
_THUMBNAILS = av.stream.Disposition.timed_thumbnails


@contextmanager
def opened_clip(path: Path) -> Iterator[ClipReader]:
    """Open a clip; every error becomes UnusableClip.

    Raises:
        UnusableClip: no clip, none with pictures in it, or too large.
    """
    if not path.is_file():
        raise UnusableClip("not a regular file" if path.exists() else "no such file")
    if not os.path.getsize(path):
        raise UnusableClip("an empty file")
    av.logging.set_level(av.logging.PANIC)  # errors are reported by this package
    try:
        container = av.open(str(path), options=_OPEN, metadata_errors="replace")
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UnusableClip(f"can't be read: {words_of(error)}") from None
    with container:
        stream = _main_stream(container)
        if stream.codec_context is None:
            raise UnusableClip("its pictures are in a format that isn't known here")
        _refuse_unfit(stream)
        stream.thread_type = "AUTO"
        yield ClipReader(container, stream)


def is_whole_clip(path: Path) -> bool:
    """Whether a clip is complete by its header and packets; nothing is decoded."""
    try:
        with opened_clip(path) as reader:
            end, packets = Fraction(0), 0
            for packet in reader.container.demux(reader.stream):
                if packet.size:
                    packets += 1
                    end = max(end, Fraction((packet.pts or 0) + (packet.duration or 0)))
            if reader.stream.frames:
                return packets >= reader.stream.frames
            return reader.seconds_missing(end * reader.time_base) <= 0
    except MemoryError:
        raise
    except (UnusableClip, av.error.FFmpegError):
        return False


def _main_stream(container: Any) -> Any:
    """Return the default or first video stream that isn't a cover picture."""
    streams = [
        one
        for one in container.streams.video
        if not one.disposition & (av.stream.Disposition.attached_pic | _THUMBNAILS)
    ]
    if not streams:
        has_sound = bool(container.streams.audio)
        raise UnusableClip("sound without pictures" if has_sound else "no pictures in it")
    default = [one for one in streams if one.disposition & av.stream.Disposition.default]
    return (default or streams)[0]


def _refuse_unfit(stream: Any) -> None:
    if not stream.width or not stream.height or not stream.pix_fmt:
        raise UnusableClip("can't be read: the size of its frames isn't stated")
    if stream.width * stream.height > _MOST_PIXELS:
        raise UnusableClip(f"too many pixels: {stream.width} x {stream.height}")
    stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}
