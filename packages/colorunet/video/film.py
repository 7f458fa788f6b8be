"""Colouring of a film: read, painted and encoded by stretches, then muxed with its sound."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
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
from colorunet.coloring.colorizer import Colorizer
from colorunet.errors import ColorunetError
from colorunet.evidence.mark import Mark
from colorunet.evidence.sidecar import sidecar_packet, write_sidecar
from colorunet.video.assumptions import note_assumptions
from colorunet.video.containers import Container
from colorunet.video.encoding import HEVC, StretchEncoder, Target, encoder_for
from colorunet.video.keeping import streams_kept
from colorunet.video.mastering import mastering_of
from colorunet.video.motion import one_thread
from colorunet.video.muxing import write_film
from colorunet.video.opening import opened_clip
from colorunet.video.painting import FilmLook, FilmPainter
from colorunet.video.parts import Parts, parts_folder
from colorunet.video.planes import FrameLayout, fitted
from colorunet.video.reading import ClipReader, TimedFrame, UnusableClip, words_of

STRETCH_FRAMES = 120  # what a kill costs at most, and how far apart key frames are
_PARTS_VERSION = 2
_SQUARE = Fraction(1)


@dataclass(frozen=True)
class ColorizedFilm:
    """A coloured film.

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


@dataclass(frozen=True)
class _Reports:
    report: ProgressCallback
    tell: Callable[[str], None] | None

    def notes(self, notes: Iterable[str]) -> None:
        for note in notes if self.tell else ():
            self.tell(note)  # type: ignore[misc]


def colorize_video(
    colorizer: Colorizer,
    source: str | Path,
    target: str | Path,
    *,
    look: FilmLook | None = None,
    report: ProgressCallback = silent,
    tell: Callable[[str], None] | None = None,
    mark: Mark | None = None,
) -> ColorizedFilm:
    """Colour a clip frame by frame; a killed call is resumed.

    Frames keep their number, times, size and luma; sound, subtitles, chapters and tags are copied.
    Finished stretches lie in a hidden folder beside the output until it is written.

    Args:
        colorizer: predicts the colours.
        source: the clip.
        target: the file to write; its suffix sets the container. An existing one is replaced.
        look: of the colours.
        report: receives the progress, a step for each frame.
        tell: receives notes on assumptions and losses, before the first frame is coloured.
        mark: that states what added the colours, in the container's comment and in a sidecar; None
            writes none.

    Raises:
        UnusableClip: the clip can't be read, or has no pictures.
        ColorfilesError: another process is at work on the same output.
        OSError: the output can't be written.
    """
    source, target, look = Path(source), Path(target), look or FilmLook()
    work = _Work(source, target, colorizer, look, mark)
    try:
        return _colorized(work, _Reports(report, tell))
    except MemoryError:  # PyAV's is an FFmpegError too
        raise
    except av.error.FFmpegError as error:
        raise UnusableClip(f"can't be written as {target.suffix}: {words_of(error)}") from None


def _colorized(work: "_Work", reports: _Reports) -> ColorizedFilm:
    started = time.perf_counter()
    target, folder = work.target_path, parts_folder(work.target_path)
    with opened_clip(work.source) as reader:
        if folder.is_symlink():  # its content may not be ours to delete
            raise UnusableClip(f"{folder.name} beside its output is a link; delete it")
        folder.mkdir(parents=True, exist_ok=True)
        with only_writer(folder):
            parts = Parts(folder, work.plan())
            try:
                with one_thread():
                    work.encode_into(parts, reader, reports)
            except (UnusableClip, ColorunetError):  # nothing to resume
                parts.discard()
                raise
            reports.report(0, note=f"{target.name}: writing")
            with write_atomically(target) as temporary, opened_clip(work.source) as again:
                work.write(temporary, again, parts)
            parts.discard()
    return work.summary(time.perf_counter() - started)


class _Work:
    """State of one film's colouring."""

    def __init__(
        self,
        source: Path,
        target_path: Path,
        colorizer: Colorizer,
        look: FilmLook,
        mark: Mark | None,
    ) -> None:
        self.source, self.target_path = source, target_path
        self._colorizer = colorizer
        self._look = look
        self._mark = mark
        self._container = Container.of(target_path)
        self._count = 0

    def plan(self) -> dict[str, Any]:
        """Return everything that the encoded stretches depend on."""
        stat, colorizer, look = self.source.stat(), self._colorizer, self._look
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
            "look": [asdict(look.smoothing), asdict(look.toning), look.timed.fingerprint],
            "container": asdict(self._container),
            "libraries": [av.__version__, *map(str, av.library_versions.values())],
        }

    def encode_into(self, parts: Parts, reader: ClipReader, reports: _Reports) -> None:
        """Encode the frames of an open clip that the parts lack."""
        self._reader = reader
        frames = self._frames(reports.report)
        first = next(frames, None)
        if first is None:
            raise UnusableClip("no frame of it can be decoded")
        self._decide(first.frame)
        reports.notes(self._reader.notes)
        self._painter.restore(parts.state)
        done = int(parts.state["frames"]) if parts.state else 0
        encoder = StretchEncoder(self.target)
        for timed in chain((first,), frames):
            if self._count > done:
                seconds = float((timed.pts - first.pts) * self.target.time_base)
                frame = self._painter.paint(self._fitted(timed.frame), seconds)
                encoder.add(frame, timed.pts, timed.duration)
            if len(encoder) == STRETCH_FRAMES:
                self._keep(encoder, parts)
                encoder = StretchEncoder(self.target)
        if len(encoder):
            self._keep(encoder, parts)
        if self._painter.guide is not None:
            self._painter.guide.finish()
            self._reader.notes |= self._painter.guide.notes

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
        encoder = encoder_for(stream.codec_context.name, whole.coding.bits, self._container.muxer)
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
            mastering=mastering_of(frame) if encoder is HEVC else "",
        )
        self._painter = FilmPainter(
            self._colorizer,
            self._layout,
            self._look,
            quarter_turns=turns,
            pixel_aspect=float(aspect or _SQUARE),
            rate=float(reader.rate),
        )
        self._upright = (frame.width, frame.height)[:: -1 if turns % 2 else 1]
        bits = whole.coding.bits
        note_assumptions(reader, frame, self.target, self._container, bits=bits)
        stand_in = self._layout.without_color(frame)
        with opened_clip(self.source) as again:
            self.kept = streams_kept(again, self._container, self.target, stand_in)
            reader.notes |= again.notes

    def _fitted(self, frame: Any) -> Any:
        same = fitted(frame, self._layout)
        if same is not frame:
            self._reader.note(
                f"frames of {frame.width} x {frame.height} among those of {self._layout.width} x "
                f"{self._layout.height}; scaled to these"
            )
        return same

    def write(self, path: Path, again: ClipReader, parts: Parts) -> None:
        """Write the film and the sidecar with its mark.

        Args:
            path: of the file.
            again: the clip, from its beginning.
            parts: the encoded frames.
        """
        write_film(
            path,
            self._container,
            again,
            (self.target, parts.packets()),
            kept=self.kept,
            joints=self._reader.joints,
            comment="" if self._mark is None else f"{self._mark.note}; {self._mark.parameters}",
        )
        if self._mark is not None:
            write_sidecar(self.target_path, sidecar_packet(self.source), self._mark)

    def summary(self, seconds: float) -> ColorizedFilm:
        """Return the result."""
        return ColorizedFilm(
            output=str(self.target_path),
            frames=self._count,
            cuts=self._painter.cuts,
            width=self._upright[0],
            height=self._upright[1],
            seconds=seconds,
            flicker=self._painter.flicker.mean,
            lost=self._reader.lost,
            notes=tuple(self._reader.notes),
        )
