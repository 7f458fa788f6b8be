"""Colours of skin on photos of people, outdoors and indoors."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from colorcore import rgb_to_yuv
from colorcore.measures import skin_counts
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.working_size import working_luma

LIST = Path(__file__).resolve().parents[2] / "tests/material/people.csv"
LEAST_SKIN, MOST_GRAY = 0.7, 0.1


@dataclass(frozen=True)
class SkinFigures:
    """Shares of skin-coloured pixels that are predicted in skin's hue, and gray."""

    photos: int
    skin: float
    gray: float

    @property
    def is_met(self) -> bool:
        """Whether both shares meet their criteria."""
        return self.skin >= LEAST_SKIN and self.gray <= MOST_GRAY


def skin_figures(colorizer: Colorizer, folder: Path) -> Mapping[str, SkinFigures]:
    """Measure the photos of ``people.csv`` that lie in a folder, by place.

    Raises:
        FileNotFoundError: one isn't there.
    """
    counts: dict[str, list[tuple[int, int, int]]] = {}
    with LIST.open(newline="") as file:
        for row in csv.DictReader(file):
            with Image.open(folder / row["photo"]) as photo:
                rgb = np.asarray(photo.convert("RGB"))
            counts.setdefault(row["place"], []).append(_counts(colorizer, rgb))
    return {place: _shares(those) for place, those in sorted(counts.items())}


def _counts(colorizer: Colorizer, rgb: np.ndarray) -> tuple[int, int, int]:
    luma = np.asarray(Image.fromarray(rgb).convert("L"))
    height, width = working_luma(luma, colorizer.working_edge_px).shape
    small = Image.fromarray(rgb).resize((width, height), Image.Resampling.BICUBIC)
    truth = rgb_to_yuv(np.asarray(small, np.float32) / 255)
    return skin_counts(colorizer.chroma(luma), truth[..., 1:], truth[..., 0])


def _shares(counts: list[tuple[int, int, int]]) -> SkinFigures:
    hits, grays, pixels = np.sum(counts, axis=0)
    return SkinFigures(len(counts), float(hits / pixels), float(grays / pixels))
