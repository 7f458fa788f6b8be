"""Flicker: mean change of colours from frame to frame in unchanged cells."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from colorunet.video.motion import Motion


@dataclass
class Flicker:
    """The mean |ΔU| and |ΔV| between successive frames over unchanged cells.

    Args:
        total: the sum of the means of all pairs of frames.
        pairs: how many; cuts are none.
    """

    total: float = 0.0
    pairs: int = 0

    @property
    def mean(self) -> float:
        """Mean over all pairs; 0 without any."""
        return self.total / self.pairs if self.pairs else 0.0

    def add(
        self,
        before: Float32[np.ndarray, "rows columns 2"],
        now: Float32[np.ndarray, "rows columns 2"],
        motion: Motion,
    ) -> None:
        """Add a pair of frames, with the motion between them."""
        still = motion.still
        if motion.cut or not still.any():
            return
        change = np.abs(now - motion.carried(before))[still]
        self.total += float(change.mean())
        self.pairs += 1
