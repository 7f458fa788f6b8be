"""Cached logits of a photo: the network runs once, decoding after every change."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float32, UInt8

from colorunet.coloring.steering.spreading import Costs, distances, step_costs

_KEPT_FIELDS = 64  # distances of as many pixels are kept, 0.4 MB each at the usual size


@dataclass(frozen=True, eq=False)
class SeenPhoto:
    """Logits of a photo at the network's working size, and values derived from them.

    Args:
        logits: (h, w, n) float32, bins on the last axis.
        luma: (h, w) uint8, at the same size.
        size: width and height of the photo itself, in pixels.
    """

    logits: Float32[np.ndarray, "h w n"]
    luma: UInt8[np.ndarray, "h w"]
    size: tuple[int, int]
    _distances: dict[tuple[int, int], Float32[np.ndarray, "h w"]] = field(
        default_factory=dict, repr=False
    )

    @cached_property
    def features(self) -> Float32[np.ndarray, "h w n"]:
        """Square roots of the bins' probabilities: similar pixels are near."""
        exponentials = np.exp(self.logits - self.logits.max(axis=-1, keepdims=True))
        return np.sqrt(exponentials / exponentials.sum(axis=-1, keepdims=True))

    @cached_property
    def costs(self) -> Costs:
        """Cost of a step from pixel to pixel; high across edges."""
        return step_costs(self.luma, self.features)

    def working_pixel(self, x: float, y: float) -> tuple[int, int]:
        """Return row and column of a photo's pixel at the working size."""
        height, width = self.luma.shape
        row = int((int(y) + 0.5) * height / self.size[1])
        column = int((int(x) + 0.5) * width / self.size[0])
        return min(row, height - 1), min(column, width - 1)

    def distances(self, pixel: tuple[int, int]) -> Float32[np.ndarray, "h w"]:
        """Return each pixel's path distance from one at the working size."""
        if pixel not in self._distances:
            while len(self._distances) >= _KEPT_FIELDS:
                self._distances.pop(next(iter(self._distances)))
            self._distances[pixel] = distances(self.costs, pixel)
        return self._distances[pixel]
