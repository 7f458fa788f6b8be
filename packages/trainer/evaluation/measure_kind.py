"""Definition of a measure: over one image, over many, and its direction."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from trainer.evaluation.colors import Colors
from trainer.evaluation.criterion import Criterion
from trainer.evaluation.pool import Pool, Table

LAB, STRUCTURE = "lab", "structure"  # what costs too much to be measured always


@dataclass(frozen=True)
class ImageFigure:
    """A figure of a single image: of its colours, its truth, and the counts of its bins.

    ``needs`` is ``LAB`` or ``STRUCTURE`` where it costs much; it is NaN where that is left out.
    """

    of: Callable[[Colors, Colors, Int[np.ndarray, "n"]], float]
    needs: str = ""


ToTruth = Callable[[Table, Table], Float[np.ndarray, "images"]]


@dataclass(frozen=True)
class Measure:
    """A measure over many images.

    Args:
        label: for people; one that begins with … continues that of the measure before it.
        help: what exactly is measured.
        formula: its value over a pool of images, NaN where that isn't defined; None where
            something else than the colours of images has to be known.
        aim: which way is better: ``high``, ``low`` or ``truth`` (near the truth's own value; for
            a ratio near 1).
        digits: after the point, where it is shown.
        least: of all values that it can have.
        most: likewise.
        criterion: its good range, on every set of photos.
        image: the figure of a single image that the formula reads by the measure's name.
        short: for a narrow column; the label where it is empty.
        to_truth: the figures of single images beside their truths', read in the same way.
    """

    label: str
    help: str
    formula: Callable[[Pool], float] | None = None
    aim: str = "high"
    digits: int = 2
    least: float = 0.0
    most: float = math.inf
    criterion: Criterion | None = None
    image: ImageFigure | None = None
    to_truth: ToTruth | None = None
    short: str = ""

    def distance_to_best(self, value: float) -> float:
        """Return a value's distance from the best one; a ratio is best at 1."""
        if self.aim == "truth":
            return abs(math.log(max(value, 1e-6)))
        return value if self.aim == "low" else -value
