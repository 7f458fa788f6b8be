"""Sample photographs: the user's own, or those of the model card."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from colorfiles.photos import ReadSettings
from colorunet.batch.images import read_gray
from colorunet.batch.sources import find_sources
from colorunet.errors import ColorunetError, UnusableImage
from colorunet.parameters.shipped import shipped_run

EDGE_PX = 256
_MOST = 64
_WHITE = 250  # luma from which a pixel is the margin between pictures
_LEAST_TILE_PX = 64  # shorter runs are no pictures
_PICTURES = "pictures.jpg"

Luma = UInt8[np.ndarray, "256 256"]


def photos_of(folder: Path | None) -> list[Luma]:
    """Return the luma of at most 64 photographs, 256 × 256 from their middle.

    Args:
        folder: with photos; None takes the pictures of the shipped networks' model card.

    Raises:
        ColorunetError: there are none.
    """
    photos = list(islice(_of_folder(folder) if folder else _of_pictures(), _MOST))
    if not photos:
        raise ColorunetError(f"{folder or _PICTURES}: no photos in there that can be read")
    return photos


def _of_folder(folder: Path) -> Iterator[Luma]:
    for source in find_sources([folder], folder / "colorized").photos:
        try:
            yield _middle(read_gray(source.path, ReadSettings(), bits=8).luma)
        except UnusableImage:
            continue


def _of_pictures() -> Iterator[Luma]:
    """Yield the originals, one tile in three, of the card's sheet of pictures."""
    with Image.open(shipped_run() / _PICTURES, formats=("JPEG",)) as sheet:
        luma = np.asarray(sheet.convert("L"))
    rows = _runs((luma < _WHITE).mean(axis=1) > 0.25)
    columns = _runs((luma[slice(*rows[0])] < _WHITE).mean(axis=0) > 0.25) if rows else []
    for top, bottom in rows:
        for left, right in columns[::3]:  # gray, then truth and prediction of the same photo
            yield _middle(luma[top:bottom, left:right])


def _runs(dark: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], dark.astype(np.int8), [0]])))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(start, end) for start, end in pairs if end - start >= _LEAST_TILE_PX]


def _middle(luma: np.ndarray) -> Luma:
    height, width = luma.shape
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    square = Image.fromarray(luma[top : top + edge, left : left + edge])
    return np.asarray(square.resize((EDGE_PX, EDGE_PX), Image.Resampling.BICUBIC))
