"""Temporal smoothing of logits along motion, restarted at cuts."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

from colorunet.video.motion import Motion, MotionFinder

Along = Literal["motion", "place", "nothing"]
Logits = Float32[np.ndarray, "rows columns n"]


_NEW_SHARE = 0.15  # of a frame that came into sight, above which it is coloured at once


@dataclass(frozen=True)
class SmoothingSettings:
    """Settings of the temporal smoothing.

    Args:
        along: ``motion`` averages logits along motion, ``place`` at fixed places, ``nothing`` takes
            every frame alone.
        frames: about how many evaluated frames count in a mean.
        every: along motion the network runs on every so many frames, and on those with a cut or
            much new content; in between, colours are carried along motion.
    """

    along: Along = "motion"
    frames: int = 12
    every: int = 2

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, value in (("frames", self.frames), ("every", self.every)):
            if value < 1:
                raise ValueError(f"{name}: expected at least 1, given {value}")


class Smoother:
    """The running mean of logits along motion.

    An object's first frames have equal weight; from ``frames`` on older ones decay. New content
    restarts the mean, cell by cell; a cut restarts all. As in test-time augmentation, a mean of
    logits is the normalised geometric mean of the probabilities. For each frame ``look`` is called,
    then ``next``.

    Args:
        grid: rows and columns of the logits.
        settings: of the smoothing.
    """

    def __init__(self, grid: tuple[int, int], settings: SmoothingSettings) -> None:
        self._settings = settings
        self._finder = MotionFinder(grid, along_motion=settings.along == "motion")
        self._mean: np.ndarray | None = None
        self._age: np.ndarray | None = None
        self._seen: np.ndarray | None = None
        self._motion: Motion | None = None
        self._without = 0

    def look(self, seen: UInt8[np.ndarray, "h w"]) -> Motion | None:
        """Return the motion to the next frame; None for the first.

        Args:
            seen: the luma of the frame, small.
        """
        self._motion = None if self._seen is None else self._finder.between(self._seen, seen)
        self._seen = seen
        return self._motion

    @property
    def wants_logits(self) -> bool:
        """Whether ``next`` needs logits of the frame last passed to ``look``."""
        motion = self._motion
        return (
            motion is None
            or motion.cut
            or self._settings.along != "motion"
            or self._without + 1 >= self._settings.every
            or float(np.mean(motion.trust < 0.5)) > _NEW_SHARE
        )

    def next(self, logits: Logits | None) -> Logits:
        """Return the smoothed logits of the frame last passed to ``look``.

        Args:
            logits: of the frame alone; None where they aren't wanted.
        """
        motion = self._motion
        self._without = self._without + 1 if logits is None else 0
        if motion is None or self._settings.along == "nothing":
            assert logits is not None
            self._mean, self._age = logits, np.ones(logits.shape[:2], np.float32)
            return self._mean
        assert self._mean is not None
        assert self._age is not None
        age = np.minimum(motion.carried(self._age), self._settings.frames - 1) * motion.trust
        mean = motion.carried(self._mean)
        if logits is not None:
            mean = (mean * age[..., None] + logits) / (age + 1)[..., None]
            age = age + 1
        self._mean, self._age = mean, age
        return mean

    def state(self) -> dict[str, np.ndarray]:
        """Return the state that following frames depend on."""
        if self._mean is None or self._age is None or self._seen is None:
            return {}
        without = np.array(self._without)
        return {"mean": self._mean, "age": self._age, "seen": self._seen, "without": without}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Resume from a state."""
        if state:
            self._mean, self._age, self._seen = state["mean"], state["age"], state["seen"]
            self._without = int(state["without"])
