"""Evaluation on colour films: temporal consistency of the colours, beside the film's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from colorcore.consistency import color_distribution_consistency, level_shares
from colorcore.measures import colorfulness
from colorfiles.progress import ProgressCallback, silent
from colorunet.coloring.colorizer import Colorizer
from trainer.errors import TrainerError


@dataclass(frozen=True)
class FilmMeasures:
    """Figures of one film.

    Args:
        film: its path.
        frames: that were measured.
        cdc: see ``color_distribution_consistency``; 0 is one distribution in all frames.
        true_cdc: that of the film's own colours.
        colorfulness: mean of M over the frames (Hasler & Süsstrunk 2003).
        true_colorfulness: of the film's own colours.
        delta_colorfulness: ΔCF, how far these two are apart.
        flicker: mean change of U and V along what stays the same from frame to frame.
    """

    film: str
    frames: int
    cdc: float
    true_cdc: float
    colorfulness: float
    true_colorfulness: float
    delta_colorfulness: float
    flicker: float


def measure_film(
    colorizer: Colorizer, path: Path, *, report: ProgressCallback = silent
) -> FilmMeasures:
    """Colour the luma of a film as ``colorunet`` does, and compare it with the film's own colours.

    Raises:
        TrainerError: the film can't be read, or the extra ``video`` isn't installed.
    """
    missing = [name for name in ("av", "cv2") if find_spec(name) is None]
    if missing:
        raise TrainerError(f"{path}: films need {' and '.join(missing)}: pip install '.[video]'")
    from colorunet.video.reading import UnusableClip  # noqa: PLC0415 - needs the extra

    figures = _Figures(), _Figures()
    flicker = 0.0
    try:
        for frames, so_far in _frames(colorizer, path):
            flicker = so_far
            for figure, frame in zip(figures, frames, strict=True):
                figure.add(frame)
            report()
    except UnusableClip as error:
        raise TrainerError(f"{path}: {error}") from None
    colored, truth = figures
    means = [float(np.mean(figure.colorfulness)) for figure in figures]
    return FilmMeasures(
        film=str(path),
        frames=len(truth.shares),
        cdc=color_distribution_consistency(np.stack(colored.shares)),
        true_cdc=color_distribution_consistency(np.stack(truth.shares)),
        colorfulness=means[0],
        true_colorfulness=means[1],
        delta_colorfulness=abs(means[0] - means[1]),
        flicker=flicker,
    )


class _Figures:
    def __init__(self) -> None:
        self.shares: list[np.ndarray] = []
        self.colorfulness: list[float] = []

    def add(self, frame: Any) -> None:
        rgb = frame.to_ndarray(format="rgb24")
        self.shares.append(level_shares(rgb))
        self.colorfulness.append(colorfulness(rgb.astype(np.float32) / 255))


def _frames(colorizer: Colorizer, path: Path) -> Iterator[tuple[tuple[Any, Any], float]]:
    """Yield each frame in predicted and own colours, with the flicker so far."""
    from colorunet.video.opening import opened_clip  # noqa: PLC0415
    from colorunet.video.painting import FilmLook, FilmPainter  # noqa: PLC0415
    from colorunet.video.planes import FrameLayout, fitted  # noqa: PLC0415

    painter = layout = None
    with opened_clip(path) as reader:
        for timed in reader.frames():
            if painter is None or layout is None:
                layout = FrameLayout.of(timed.frame, most_bits=8)
                turns = round(timed.frame.rotation / 90)
                painter = FilmPainter(colorizer, layout, FilmLook(), quarter_turns=turns)
            own = fitted(timed.frame, layout)
            colored = painter.paint(own, 0.0)
            colored.colorspace = layout.coding.matrix
            colored.color_range = 2 if layout.coding.full_range else 1
            yield (colored, own), painter.flicker.mean
