"""Reading a clip: what it says of itself, its frames one after the other, what is wrong with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging

from colorfiles.outside.words import shown
from colorunet.batch.images import UnusableImage

# Containers of one file. Playlists and the like, which name other files, are none.
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,dv,nut,"
    "h264,hevc,m4v,vc1,ivf,gxf,lavf"
)
_OPEN = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
_MOST_PIXELS = 1 << 26
_MISSING_S = 0.5  # what a header may promise beyond the last frame, as it rounds or counts sound


class UnusableClip(UnusableImage):
    """A clip that can't be used; the message is the reason, without the path."""


@dataclass(frozen=True)
class TimedFrame:
    """A decoded frame.

    Args:
        frame: PyAV's.
        pts: when it is shown, in units of the stream's time base; greater than that before.
        duration: likewise, 0 where nothing says.
    """

    frame: Any
    pts: int
    duration: int


@dataclass
class ClipReader:
    """An open clip.

    Args:
        container: PyAV's.
        stream: the video stream that is coloured.
        notes: what was assumed and what is wrong, as far as it has been read.
        lost: frames that are missing, as far as that can be told.
    """

    container: Any
    stream: Any
    notes: dict[str, None] = field(default_factory=dict)
    lost: int = 0

    @property
    def time_base(self) -> Fraction:
        """Seconds of a unit of time."""
        return self.stream.time_base or Fraction(1, 90_000)

    @property
    def rate(self) -> Fraction:
        """Frames a second, or a guess."""
        rate = self.stream.average_rate or self.stream.guessed_rate or self.stream.base_rate
        return rate if rate and 0 < rate <= 1000 else Fraction(25)

    @property
    def frames_promised(self) -> int:
        """How many frames there should be, by header, length and rate; 0 where nothing says."""
        if self.stream.frames:
            return int(self.stream.frames)
        return round(self._seconds_promised() * self.rate)

    def frames(self) -> Iterator[TimedFrame]:
        """Yield the frames in the order in which they are shown; afterwards notes are complete."""
        packets = damaged = shifted = 0
        last: TimedFrame | None = None
        for packet in self._packets():
            packets += packet.size > 0
            try:
                decoded = packet.decode()
            except MemoryError:  # PyAV's is an FFmpegError too, and no fault of the clip
                raise
            except (av.error.FFmpegError, ValueError):
                damaged += 1
                continue
            for frame in decoded:
                pts = self._next_pts(frame, last)
                shifted += frame.pts is not None and pts != frame.pts
                damaged += bool(frame.is_corrupt)
                last = TimedFrame(frame, pts, int(frame.duration or 0))
                yield last
        if last is None:
            raise UnusableClip("no frame of it can be decoded")
        self._conclude(last, packets, damaged, shifted)

    def _packets(self) -> Iterator[Any]:
        """Yield the stream's packets up to the end or to where the file breaks off."""
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except MemoryError:
                raise
            except av.error.FFmpegError as error:
                self.note(f"can't be read to its end: {words_of(error)}")
                self.lost += 1
                yield from self._flushed()
                return
            yield packet

    def _flushed(self) -> Iterator[Any]:
        last = av.Packet()
        last.stream = self.stream
        yield last

    def _next_pts(self, frame: Any, last: TimedFrame | None) -> int:
        if last is None:
            return int(frame.pts or 0)
        usual = max(1, last.duration or round(1 / (self.rate * self.time_base)))
        if frame.pts is None:
            return last.pts + usual
        return max(int(frame.pts), last.pts + 1)

    def _conclude(self, last: TimedFrame, packets: int, damaged: int, shifted: int) -> None:
        if shifted:
            self.note(f"{shifted} frames were to be shown before the one before; moved behind it")
        if damaged:
            self.note(f"{damaged} frames are damaged")
            self.lost += damaged
        missing = self.stream.frames - packets
        if self.stream.frames and missing > 0:
            self.note(f"ends early: {packets} of the {self.stream.frames} frames it should have")
            self.lost += missing
            return
        short = self.seconds_missing((last.pts + last.duration) * self.time_base)
        if short > 0:
            self.note(f"ends early: about {short:.1f} s before it should")
            self.lost += max(1, round(short * self.rate))

    def seconds_missing(self, end: Fraction) -> float:
        """Return how far before its promised end a clip ends; 0 where frames are counted.

        Args:
            end: of the last frame, in seconds.
        """
        if self.stream.frames:
            return 0.0
        start = (self.stream.start_time or 0) * self.time_base
        own = _seconds_of(self.stream.metadata.get("DURATION", ""))
        if own:
            return max(0.0, own - float(end) - 1.5 / float(self.rate))
        # The length of the whole file, to which sound may add some.
        return max(0.0, float(self._seconds_promised() - (end - start)) - _MISSING_S)

    def _seconds_promised(self) -> Fraction:
        if self.stream.duration:
            return Fraction(self.stream.duration) * self.time_base
        return Fraction(self.container.duration or 0, av.time_base)

    def note(self, words: str) -> None:
        """Keep words for the user, each once."""
        self.notes[words] = None


@contextmanager
def opened_clip(path: Path) -> Iterator[ClipReader]:
    """Open a clip; whatever is wrong with it is one kind of error.

    Raises:
        UnusableClip: no clip, none with pictures in it, or too large.
    """
    if not path.is_file():
        raise UnusableClip("not a regular file" if path.exists() else "no such file")
    if not os.path.getsize(path):
        raise UnusableClip("an empty file")
    av.logging.set_level(av.logging.PANIC)  # what matters is said in our own words
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
    """Whether a clip can be read up to the end that its header promises; nothing is decoded."""
    try:
        with opened_clip(path) as reader:
            end, packets = Fraction(0), 0
            for packet in reader.container.demux(reader.stream):
                if packet.size:
                    packets += 1
                    end = max(end, Fraction((packet.pts or 0) + (packet.duration or 0)))
            missing = reader.seconds_missing(end * reader.time_base)
            return packets >= reader.stream.frames and missing <= 0
    except MemoryError:
        raise
    except (UnusableClip, av.error.FFmpegError):
        return False


def _main_stream(container: Any) -> Any:
    """Return the video stream that is no cover picture: the default one, or the first."""
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
        raise UnusableClip("can't be read: nothing says how large its frames are")
    if stream.width * stream.height > _MOST_PIXELS:
        raise UnusableClip(f"too many pixels: {stream.width} x {stream.height}")
    stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}


def _seconds_of(clock: str) -> float:
    """Return the seconds of ``00:01:02.500``, as Matroska has a stream's end; 0 for others."""
    try:
        hours, minutes, seconds = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def words_of(error: Exception) -> str:
    """Return what a library says of an error, without the file that it names."""
    words = getattr(error, "strerror", None) or str(error)
    return shown(words).strip().rstrip(".") or type(error).__name__


_THUMBNAILS = av.stream.Disposition.timed_thumbnails
