"""The story of a film: read, painted, encoded stretch by stretch, then written with its sound."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.sidedata.sidedata import Type as SideData

from colorfiles.files import write_atomically
from colorfiles.locks import only_writer
from colorfiles.progress import ProgressCallback, silent
from colorunet.batch.clip_formats import muxer_for
from colorunet.coloring.colorizer import Colorizer
from colorunet.video.encoding import StretchEncoder, Target, encoder_for
from colorunet.video.muxing import write_film
from colorunet.video.painting import FilmLook, FilmPainter
from colorunet.video.parts import Parts, parts_folder
from colorunet.video.planes import FrameLayout, fitted
from colorunet.video.reading import ClipReader, TimedFrame, UnusableClip, opened_clip, words_of

STRETCH_FRAMES = 120  # what a kill costs at most, and how far apart key frames are
_PARTS_VERSION = 1
_HDR = {16: "PQ", 18: "HLG"}  # transfer functions, by H.273
_SQUARE = Fraction(1)
_MILLISECONDS = ("matroska", "webm")  # containers that count times in them


@dataclass(frozen=True)
class ColorizedFilm:
    """A film that was coloured.

    Args:
        output: its path.
        frames: how many; ``cuts`` likewise.
        width: as it is shown, in pixels; ``height`` likewise.
        seconds: that this call took.
        flicker: mean change of U and V along what stays the same from frame to frame.
        lost: frames that the clip should have and hasn't, or that are damaged.
        notes: what was assumed, and what couldn't be kept.
    """

    output: str
    frames: int
    cuts: int
    width: int
    height: int
    seconds: float
    flicker: float
    lost: int
    notes: tuple[str, ...]


def colorize_video(
    colorizer: Colorizer,
    source: str | Path,
    target: str | Path,
    *,
    look: FilmLook | None = None,
    report: ProgressCallback = silent,
) -> ColorizedFilm:
    """Colour a clip, frame for frame; a call that was killed goes on where it was.

    Frames keep their number, times, size and luma; sound, subtitles, chapters and words are copied.
    Finished stretches lie in a hidden folder beside the output until it is written.

    Args:
        colorizer: what gives the colours.
        source: the clip.
        target: the file to write; its suffix says the container. One that is there is replaced.
        look: how the colours are.
        report: told of every frame.

    Raises:
        UnusableClip: the clip can't be read, or has no pictures.
        ColorfilesError: another process is at work on the same output.
        OSError: the output can't be written.
    """
    source, target, look = Path(source), Path(target), look or FilmLook()
    try:
        return _colorized(colorizer, source, target, look, report)
    except MemoryError:  # PyAV's is an FFmpegError too
        raise
    except av.error.FFmpegError as error:
        raise UnusableClip(f"can't be written as {target.suffix}: {words_of(error)}") from None


def _colorized(
    colorizer: Colorizer, source: Path, target: Path, look: FilmLook, report: ProgressCallback
) -> ColorizedFilm:
    started = time.perf_counter()
    muxer = muxer_for(target.name)
    folder = parts_folder(target)
    with opened_clip(source) as reader:
        if folder.is_symlink():  # what is deleted in there might be anybody's
            raise UnusableClip(f"{folder.name} beside its output is a link; delete it")
        folder.mkdir(parents=True, exist_ok=True)
        with only_writer(folder):
            parts = Parts(folder, _plan(colorizer, source, look, muxer))
            work = _Work(reader, colorizer, look, muxer)
            try:
                work.encode_into(parts, report)
            except UnusableClip:  # nothing to go on with
                parts.discard()
                raise
            report(0, note=f"{target.name}: writing")
            with write_atomically(target) as temporary, opened_clip(source) as again:
                write_film(temporary, muxer, again, work.target, parts.packets())
                reader.notes |= again.notes
            parts.discard()
    return work.summary(target, time.perf_counter() - started)


def _plan(colorizer: Colorizer, source: Path, look: FilmLook, muxer: str) -> dict[str, Any]:
    """Return what the bytes of a film's stretches depend on."""
    stat = source.stat()
    pattern = (np.arange(64 * 96, dtype=np.uint32) * 2654435761 >> 16).astype(np.uint8)
    seen = colorizer.coarse_logits(pattern.reshape(64, 96))
    return {
        "version": _PARTS_VERSION,
        "source": [stat.st_size, stat.st_mtime_ns],
        "network": hashlib.sha256(np.ascontiguousarray(seen).tobytes()).hexdigest(),
        "palette": colorizer.palette.fingerprint,
        "decoding": asdict(colorizer.decoding),
        "averaging": asdict(colorizer.averaging),
        "working_edge_px": colorizer.working_edge_px,
        "look": asdict(look),
        "muxer": muxer,
        "libraries": [av.__version__, *map(str, av.library_versions.values())],
    }


class _Work:
    """The work on one film: what its first frame decides, and the frames after it."""

    def __init__(
        self, reader: ClipReader, colorizer: Colorizer, look: FilmLook, muxer: str
    ) -> None:
        self._reader = reader
        self._colorizer = colorizer
        self._look = look
        self._muxer = muxer
        self._count = 0

    def encode_into(self, parts: Parts, report: ProgressCallback) -> None:
        """Encode all frames that the parts haven't yet."""
        frames = self._frames(report)
        first = next(frames, None)
        if first is None:
            raise UnusableClip("no frame of it can be decoded")
        self._decide(first.frame)
        self._painter.restore(parts.state)
        done = int(parts.state["frames"]) if parts.state else 0
        encoder = StretchEncoder(self.target)
        for timed in chain((first,), frames):
            if self._count > done:
                frame = self._painter.paint(self._fitted(timed.frame))
                encoder.add(frame, timed.pts, timed.duration)
            if len(encoder) == STRETCH_FRAMES:
                self._keep(encoder, parts)
                encoder = StretchEncoder(self.target)
        if len(encoder):
            self._keep(encoder, parts)

    def _keep(self, encoder: StretchEncoder, parts: Parts) -> None:
        state = {**self._painter.state(), "frames": np.array(self._count)}
        parts.add(encoder.finish(), state)

    def _frames(self, report: ProgressCallback) -> Iterator[TimedFrame]:
        for timed in self._reader.frames():
            self._count += 1
            yield timed
            report(1)

    def _decide(self, frame: Any) -> None:
        reader, stream = self._reader, self._reader.stream
        whole = FrameLayout.of(frame, most_bits=16)
        encoder = encoder_for(stream.codec_context.name, whole.coding.bits, self._muxer)
        self._layout = FrameLayout.of(frame, most_bits=encoder.most_bits)
        aspect = stream.sample_aspect_ratio or Fraction(0)
        matrix = frame.side_data.get(SideData.DISPLAYMATRIX)
        turns = round(frame.rotation / 90)
        self.target = Target(
            encoder=encoder,
            layout=self._layout,
            time_base=reader.time_base,
            rate=reader.rate,
            pixel_aspect=aspect,
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
            interlaced=frame.interlaced_frame,
            group=STRETCH_FRAMES,
            display_matrix=tuple(np.frombuffer(matrix, np.int32).tolist()) if matrix else (),
        )
        self._painter = FilmPainter(
            self._colorizer,
            self._layout,
            self._look,
            quarter_turns=turns,
            pixel_aspect=float(aspect or _SQUARE),
        )
        self._upright = (frame.width, frame.height)[:: -1 if turns % 2 else 1]
        self._note_assumptions(frame, whole.coding.bits)

    def _note_assumptions(self, frame: Any, bits: int) -> None:
        note, codec = self._reader.note, self._reader.stream.codec_context.name
        if self.target.encoder.word.replace(".", "").lower() not in (codec, f"lib{codec}"):
            note(f"pictures were {codec}, are {self.target.encoder.word}")
        if bits > self._layout.coding.bits:
            note(f"{bits} bits a sample, of which {self._layout.coding.bits} are kept")
        if frame.interlaced_frame:
            note("interlaced; both fields of a frame are coloured as one picture")
        if not self._layout.halved:
            note("an odd size, so colour for every pixel (4:4:4), which not every player shows")
        if self._muxer in _MILLISECONDS and (self.target.time_base * 1000).denominator > 1:
            note("times are rounded to milliseconds")
        if self.target.transfer in _HDR:
            note(f"HDR ({_HDR[self.target.transfer]}); the network learnt from SDR")
        if any(part.is_alpha for part in frame.format.components):
            note("transparency is left out")

    def _fitted(self, frame: Any) -> Any:
        same = fitted(frame, self._layout)
        if same is not frame:
            self._reader.note(
                f"frames of {frame.width} x {frame.height} among those of {self._layout.width} x "
                f"{self._layout.height}; scaled to these"
            )
        return same

    def summary(self, target: Path, seconds: float) -> ColorizedFilm:
        """Return what became of the film."""
        return ColorizedFilm(
            output=str(target),
            frames=self._count,
            cuts=self._painter.cuts,
            width=self._upright[0],
            height=self._upright[1],
            seconds=seconds,
            flicker=self._painter.flicker.mean,
            lost=self._reader.lost,
            notes=tuple(self._reader.notes),
        )
