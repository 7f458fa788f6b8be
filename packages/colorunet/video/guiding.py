"""Reference frames and hints of a film, applied from their time to the next cut."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from colorcore import Palette
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.steering.hints import Hint, require_inside
from colorunet.coloring.steering.reference import ReferencePrior, prior_of
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.coloring.steering.steer import HintField, hint_field, hinted_uv
from colorunet.coloring.steering.timed import ReferenceFrame, Timed
from colorunet.coloring.toning import Toning
from colorunet.video.motion import Motion, is_same_picture, likeness

_SAME_SHAPE = 0.03  # of width over height, by which a reference frame may differ from the film's
_NONE = -1


@dataclass(frozen=True)
class SeenFrame:
    """A frame as the network saw it.

    Args:
        logits: smoothed, at the network's own resolution.
        luma: upright, at the same size.
        seconds: since the film's first frame.
        motion: since the frame before; None for the first.
    """

    logits: Float32[np.ndarray, "rows columns n"]
    luma: UInt8[np.ndarray, "rows columns"]
    seconds: float
    motion: Motion | None


@dataclass
class Guide:
    """Applies reference frames and hints to a film's frames.

    A reference frame gives its palette and tones as a prior. If it shows the same picture as its
    frame, it also gives its colours pixel by pixel; these and those of hints are carried along
    motion while it is trusted.

    Args:
        timed: the reference frames and hints.
        palette: of the logits.
        decoding: from logits to colours.
        size: width and height of the upright film, in pixels.
        half_frame_s: half the time from one frame to the next.
    """

    timed: Timed
    palette: Palette
    decoding: Decoding
    size: tuple[int, int]
    half_frame_s: float
    notes: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort references and hints by time; ColorunetError for a hint outside the film."""
        for timed in self.timed.hints:
            require_inside((timed.hint,), self.size)
        self._frames = sorted(self.timed.frames, key=lambda one: one.time_s or 0.0)
        self._hints = sorted(self.timed.hints, key=lambda one: one.time_s or 0.0)
        whole = (number for number, one in enumerate(self._frames) if one.time_s is None)
        self._whole = next(whole, _NONE)
        self._active, self._next_frame, self._next_hint = self._whole, 0, 0
        self._prior: ReferencePrior | None = None
        self._field: HintField | None = None

    def uv(self, frame: SeenFrame, toning: Toning) -> Float32[np.ndarray, "rows columns 2"]:
        """Return the chroma of the next frame.

        Raises:
            ColorunetError: a hint can't be followed.
        """
        self._carry(frame.motion)
        seen = SeenPhoto(frame.logits, frame.luma, self.size)
        self._begin(seen, frame.seconds)
        logits, palette = frame.logits, self.palette
        if self._active != _NONE:
            if self._prior is None:
                reference = self._frames[self._active].reference
                self._prior = prior_of(seen, self.palette, reference, thinning=1)
            logits, palette = self._prior.applied(logits, frame.luma), self._prior.palette
        return hinted_uv(logits, self._field, palette, self.decoding, toning)

    def _carry(self, motion: Motion | None) -> None:
        if motion is None:
            return
        if motion.cut:
            self._active, self._prior, self._field = self._whole, None, None
        elif self._field is not None:
            weight = motion.carried(self._field.weight) * motion.trust
            self._field = HintField(weight, motion.carried(self._field.uv))

    def _begin(self, seen: SeenPhoto, seconds: float) -> None:
        while self._is_due(self._frames, self._next_frame, seconds):
            frame = self._frames[self._next_frame]
            if frame.time_s is not None:
                self._active, self._prior = self._next_frame, None
            self._place(frame, seen)
            self._next_frame += 1
        hints: list[Hint] = []
        while self._is_due(self._hints, self._next_hint, seconds):
            hints.append(self._hints[self._next_hint].hint)
            self._next_hint += 1
        if hints:
            self._field = _joined(self._field, hint_field(seen, hints))

    def _is_due(self, items: list, number: int, seconds: float) -> bool:
        return number < len(items) and (items[number].time_s or 0.0) <= seconds + self.half_frame_s

    def _place(self, frame: ReferenceFrame, seen: SeenPhoto) -> None:
        """Take a reference frame's colours pixel by pixel if it shows the film's own picture."""
        rows, columns = seen.luma.shape
        shape = frame.luma.shape[1] / frame.luma.shape[0] * self.size[1] / self.size[0]
        luma, uv = (
            cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA)
            for plane in (frame.luma.astype(np.float32) / 255, frame.uv)
        )
        now = seen.luma.astype(np.float32) / 255
        if abs(shape - 1) <= _SAME_SHAPE and is_same_picture(now, luma):
            self._field = _joined(self._field, HintField(likeness(now, luma), uv))
        elif frame.time_s is not None:
            self.notes[
                f"{frame.name} shows another picture than the film at {frame.time_s:g} s; only "
                "its palette and tones are taken"
            ] = None

    def finish(self) -> None:
        """Note reference frames and hints after the film's end."""
        late = [f"{one.name} at {one.time_s:g} s" for one in self._frames[self._next_frame :]]
        late += [f"a hint at {one.time_s:g} s" for one in self._hints[self._next_hint :]]
        for words in late:
            self.notes[f"{words} is after the film's end"] = None

    def state(self) -> dict[str, np.ndarray]:
        """Return the state that following frames depend on."""
        numbers = (self._active, self._next_frame, self._next_hint)
        state = {"guide": np.array(numbers), "guide_notes": np.array([*self.notes], np.str_)}
        if self._field is not None:
            state |= {"guide_weight": self._field.weight, "guide_uv": self._field.uv}
        if self._prior is not None:
            centers = np.asarray(self._prior.palette.centers)
            state |= {"guide_gains": self._prior.gains, "guide_centers": centers}
        return state

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Resume from a state."""
        if "guide" not in state:
            return
        self._active, self._next_frame, self._next_hint = map(int, state["guide"])
        self.notes |= dict.fromkeys(state["guide_notes"].tolist())
        if "guide_weight" in state:
            self._field = HintField(state["guide_weight"], state["guide_uv"])
        if "guide_gains" in state:
            palette = Palette(centers=state["guide_centers"], prior=self.palette.prior)
            self._prior = ReferencePrior(state["guide_gains"], palette)


def _joined(before: HintField | None, new: HintField) -> HintField:
    """Merge two fields; at each place the nearer one decides."""
    if before is None:
        return new
    squares = before.weight**2, new.weight**2
    share = (squares[1] / (squares[0] + squares[1] + np.float32(1e-9)))[..., None]
    uv = before.uv + share * (new.uv - before.uv)
    return HintField(np.maximum(before.weight, new.weight), uv.astype(np.float32))
