"""Reading of a clip: frames in display order, and notes on its defects."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.error

from colorfiles.outside.words import shown
from colorunet.errors import UnusableImage
from colorunet.video.joints import Clock, Joints

_MISSING_S = 0.5  # what a header may promise beyond the last frame, as it rounds or counts sound
_HALF_A_FRAME = 0.5


class UnusableClip(UnusableImage):
    """A clip that can't be used; the message is the reason, without the path."""


@dataclass(frozen=True)
class TimedFrame:
    """A decoded frame.

    Args:
        frame: PyAV's.
        pts: when it is shown, in units of the stream's time base; greater than that before.
        duration: likewise, 0 if it isn't stated.
    """

    frame: Any
    pts: int
    duration: int


@dataclass
class _Counts:
    packets: int = 0
    damaged: int = 0
    shifted: int = 0
    undecoded: deque[int | None] = field(default_factory=deque)  # times of packets without a frame


@dataclass
class ClipReader:
    """An open clip.

    Args:
        container: PyAV's.
        stream: the video stream that is coloured.
        notes: what was assumed and what is wrong, as far as it has been read.
        lost: frames that are missing, as far as that is known.
        joints: where its clock starts again, as far as it has been read.
    """

    container: Any
    stream: Any
    notes: dict[str, None] = field(default_factory=dict)
    lost: int = 0
    joints: Joints = field(default_factory=Joints)

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit of time."""
        return self.stream.time_base or Fraction(1, 90_000)

    @property
    def rate(self) -> Fraction:
        """Frames a second, guessed if unknown."""
        rate = self.stream.average_rate or self.stream.guessed_rate or self.stream.base_rate
        return rate if rate and 0 < rate <= 1000 else Fraction(25)

    @property
    def frames_promised(self) -> int:
        """Number of frames by header, or by length and rate; 0 if unknown."""
        if self.stream.frames:
            return int(self.stream.frames)
        return round(self._seconds_promised() * self.rate)

    def frames(self) -> Iterator[TimedFrame]:
        """Yield the frames in display order; afterwards the notes are complete."""
        clock = Clock(self.container, self.stream.index, self.joints)
        counts, last = _Counts(), None
        for packet in self._packets():
            counts.packets += packet.size > 0
            if packet.size:
                clock.put(packet)
                counts.undecoded.append(packet.dts)
            try:
                decoded = packet.decode()
            except MemoryError:  # PyAV's is an FFmpegError too, and no fault of the clip
                raise
            except (av.error.FFmpegError, ValueError):
                counts.damaged += 1
                if packet.size:
                    counts.undecoded.pop()
                continue
            for frame in decoded:
                given = self._given_pts(frame, counts)
                pts = self._next_pts(given, last)
                counts.shifted += given is not None and pts != given
                counts.damaged += bool(frame.is_corrupt)
                last = TimedFrame(frame, pts, int(frame.duration or 0))
                yield last
        if last is None:
            raise UnusableClip("no frame of it can be decoded")
        self._conclude(last, counts)

    def _packets(self) -> Iterator[Any]:
        """Yield the stream's packets up to the end or to a damaged place."""
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

    def _given_pts(self, frame: Any, counts: "_Counts") -> int | None:
        """Return a frame's timestamp from the file; None without one.

        AVI has decoding times only. The frames take them in display order, so that the first
        frame is shown when the first one is decoded, which the sound is timed for.
        """
        oldest = counts.undecoded.popleft() if counts.undecoded else None
        return oldest if self.container.format.name == "avi" else frame.pts

    def _next_pts(self, given: int | None, last: TimedFrame | None) -> int:
        if last is None:
            return int(given or 0)
        if given is None:
            return last.pts + max(1, last.duration or round(1 / (self.rate * self.time_base)))
        return max(int(given), last.pts + 1)

    def _conclude(self, last: TimedFrame, counts: "_Counts") -> None:
        if self.joints.count:
            self.note(f"joined from {self.joints.count + 1} parts, each with a clock of its own")
        if counts.shifted:
            self.note(
                f"{counts.shifted} frames were to be shown before the one before; moved behind it"
            )
        if counts.damaged:
            self.note(f"{counts.damaged} frames are damaged")
            self.lost += counts.damaged
        short = self.seconds_missing((last.pts + last.duration) * self.time_base)
        missing = self.stream.frames - counts.packets
        if not self.stream.frames:
            if short > 0:
                self.note(f"ends early: about {short:.1f} s before it should")
                self.lost += max(1, round(short * self.rate))
        elif missing > 0 and short * self.rate < _HALF_A_FRAME:
            self.note(f"{missing} empty frames, for which the one before is shown on")
        elif missing > 0:
            self.note(
                f"ends early: {counts.packets} of the {self.stream.frames} frames it should have"
            )
            self.lost += missing

    def seconds_missing(self, end: Fraction) -> float:
        """Return how far before its promised end a clip ends.

        Args:
            end: of the last frame, in seconds.
        """
        start = (self.stream.start_time or 0) * self.time_base
        own = _seconds_of(self.stream.metadata.get("DURATION", ""))
        if own:
            return max(0.0, own - float(end) - 1.5 / float(self.rate))
        short = float(self._seconds_promised() - (end - start))
        # Where frames aren't counted, the length is that of the whole file, sound included.
        return max(0.0, short if self.stream.frames else short - _MISSING_S)

    def _seconds_promised(self) -> Fraction:
        if self.stream.duration:
            return Fraction(self.stream.duration) * self.time_base
        return Fraction(self.container.duration or 0, av.time_base)

    def note(self, words: str) -> None:
        """Add a note for the user, once."""
        self.notes[words] = None


def _seconds_of(clock: str) -> float:
    """Return the seconds of ``00:01:02.500``, as Matroska has a stream's end; 0 for others."""
    try:
        hours, minutes, seconds = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def words_of(error: Exception) -> str:
    """Return a library's error message without the file name."""
    words = getattr(error, "strerror", None) or str(error)
    return shown(words).strip().rstrip(".") or type(error).__name__
