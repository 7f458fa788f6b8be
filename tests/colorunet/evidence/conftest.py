"""A photograph, and what colours it without a network."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorunet.batch.writing.formats import FORMATS, format_named
from colorunet.batch.writing.photo import WritingSettings, write_photo
from colorunet.coloring.composing import ColoredImage
from colorunet.evidence.mark import Mark

MARK = Mark("0.1.0", "colorunet", "ab" * 32, "2026-11-30")


@pytest.fixture(scope="session")
def gray(demo_photos: Path) -> np.ndarray:
    """The luma of a photograph, 8 bits."""
    photo = Image.open(demo_photos / "sklearn" / "flower.jpg").convert("L").resize((205, 131))
    return np.asarray(photo)


def colored(luma: np.ndarray) -> ColoredImage:
    """Return a luma in colours that vary slowly."""
    rng = np.random.default_rng(7)
    return ColoredImage(luma, rng.normal(0, 0.08, (9, 13, 2)).astype(np.float32))


def write_colored(path: Path, luma: np.ndarray, mark: Mark | None = MARK) -> Path:
    """Write a luma in colour in the format that a name asks for."""
    target = format_named(path.name) or FORMATS["PNG"]
    write_photo(path, iter([colored(luma)]), WritingSettings(target, mark=mark))
    return path
