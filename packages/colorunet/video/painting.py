"""Colouring of a film's frames in order."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.timed import Timed
from colorunet.coloring.toning import Toning
from colorunet.video.flicker import Flicker
from colorunet.video.guiding import Guide, SeenFrame
from colorunet.video.motion import SEEN_EDGE_PX, one_thread
from colorunet.video.planes import FrameLayout
from colorunet.video.smoothing import Smoother, SmoothingSettings

_STEP_PX = 32  # the network sees edges that are multiples, so that nothing is padded
_LONGEST_PX = 2048


@dataclass(frozen=True)
class FilmLook:
    """How a film is coloured.

    Args:
        smoothing: over time.
        toning: changes of the colours.
        timed: reference frames and hints.
    """

    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    toning: Toning = field(default_factory=Toning)
    timed: Timed = field(default_factory=Timed)


class FilmPainter:
    """Colours a film's frames, in order.

    Args:
        colorizer: predicts the colours.
        layout: of the frames.
        look: how they are coloured.
        quarter_turns: counterclockwise, that bring a frame upright, as colours depend on it.
        pixel_aspect: width of a pixel in heights.
        rate: frames a second, about.
    """

    def __init__(
        self,
        colorizer: Colorizer,
        layout: FrameLayout,
        look: FilmLook,
        *,
        quarter_turns: int = 0,
        pixel_aspect: float = 1.0,
        rate: float = 25.0,
    ) -> None:
        self._colorizer = colorizer
        self._layout = layout
        self._look = look
        self._turns = quarter_turns
        width, height = layout.width * pixel_aspect, float(layout.height)
        self._working = _size(width, height, colorizer.working_edge_px, _STEP_PX)
        self._small = _size(width, height, SEEN_EDGE_PX, 2)
        self._smoother: Smoother | None = None
        self._state: dict[str, np.ndarray] = {}
        self._before: np.ndarray | None = None
        self.guide: Guide | None = None
        if look.timed != Timed():
            shown = (layout.width, layout.height)
            if quarter_turns % 2:
                shown = (layout.height, layout.width)
            parts = colorizer.palette, colorizer.decoding
            self.guide = Guide(look.timed, *parts, shown, half_frame_s=0.5 / rate)
        self.flicker = Flicker()
        self.cuts = 0

    def paint(self, frame: Any, seconds: float) -> Any:
        """Return a frame in colour, its luma kept.

        Args:
            frame: decoded.
            seconds: since the film's first frame.

        Raises:
            ColorunetError: a hint can't be followed.
        """
        layout, toning = self._layout, self._look.toning
        luma = layout.luma(frame)
        u, v = self._at_chroma_size(self._smoothed_uv(luma, seconds))
        if toning.strength < 1:
            own = layout.own_uv(frame)
            share = np.float32(toning.strength)
            u, v = (share * new + (1 - share) * old for new, old in zip((u, v), own, strict=True))
        small = _resized(luma, layout.chroma_size) if layout.halved else luma
        cb, cr = layout.coding.chroma(layout.coding.luma(small), u, v)
        return layout.composed(luma, cb, cr, frame)

    def state(self) -> dict[str, np.ndarray]:
        """Return the state that following frames and sums depend on."""
        if self._smoother is None or self._before is None:
            return self._state
        return {
            **self._smoother.state(),
            "uv": self._before,
            "flicker": np.array([self.flicker.total, self.flicker.pairs], np.float64),
            "cuts": np.array(self.cuts),
            **(self.guide.state() if self.guide else {}),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Resume from a state."""
        if not state:
            return
        self._state = {name: state[name] for name in ("mean", "age", "seen", "without")}
        self._before = state["uv"]
        if self.guide is not None:
            self.guide.restore(state)
        total, pairs = state["flicker"].tolist()
        self.flicker = Flicker(total, int(pairs))
        self.cuts = int(state["cuts"])

    def _smoothed_uv(self, luma: np.ndarray, seconds: float) -> np.ndarray:
        seen = np.rint(self._layout.coding.luma(_resized(luma, self._working)) * 255)
        upright = np.ascontiguousarray(np.rot90(seen.astype(np.uint8), self._turns))
        logits = None
        if self._smoother is None:
            logits = self._colorizer.coarse_logits(upright)
            self._smoother = Smoother(logits.shape[:2], self._look.smoothing)
            self._smoother.restore(self._state)
        small = self._small if self._turns % 2 == 0 else self._small[::-1]
        motion = self._smoother.look(_resized(upright, small))
        if not self._smoother.wants_logits:
            logits = None
        elif logits is None:
            logits = self._colorizer.coarse_logits(upright)
        mean, toning = self._smoother.next(logits), self._look.toning
        if self.guide is None:
            uv = toning.warmed(self._colorizer.decode(mean))
        else:
            luma_of_cells = _resized(upright, (mean.shape[1], mean.shape[0]))
            uv = self.guide.uv(SeenFrame(mean, luma_of_cells, seconds, motion), toning)
        if motion is not None and self._before is not None:
            self.cuts += motion.cut
            self.flicker.add(self._before, uv, motion)
        self._before = uv
        return uv

    def _at_chroma_size(self, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        stored = np.rot90(uv, -self._turns)
        u, v = (
            cv2.resize(
                np.ascontiguousarray(stored[..., axis]),
                self._layout.chroma_size,
                interpolation=cv2.INTER_LINEAR,
            )
            for axis in range(2)
        )
        return u, v


def _size(width: float, height: float, edge_px: int, step: int) -> tuple[int, int]:
    """Return width and height whose shorter edge is about ``edge_px``, multiples of ``step``."""
    scale = min(edge_px / min(width, height), _LONGEST_PX / max(width, height))
    return (
        max(step, step * round(width * scale / step)),
        max(step, step * round(height * scale / step)),
    )


def _resized(levels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    smaller = size[0] < levels.shape[1] and size[1] < levels.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    with one_thread():
        return np.asarray(cv2.resize(levels, size, interpolation=how))
