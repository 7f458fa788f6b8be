"""Frequency of regions of one true colour that are coloured in two hues.

Neighbouring cells of 8 x 8 pixels whose true chroma is at least 0.03 in UV, and within 0.03 of that
of the region's first cell, form a region. A region of 16 cells or more is two-tone where at least
15 % of its cells get a hue more than 60 degrees from that of the region's mean, both of them
coloured (chroma of at least 0.02).
"""

from pathlib import Path

import click
import numpy as np
from PIL import Image

from colorcore import rgb_to_yuv
from colorunet.coloring.colorizer import Colorizer

_CELL_PX = 8
_EDGE_PX = 256
_ALIKE_UV = 0.03
_LEAST_CELLS = 16
_COLORED_UV = 0.02
_OTHER_HUE = np.cos(np.deg2rad(60))
_LEAST_SHARE = 0.15
_ENDINGS = {".jpg", ".jpeg", ".png"}


@click.command(help=__doc__)
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("networks", nargs=-1, required=True)
@click.option("--most", default=150, show_default=True, help="Photos, spread over the folder.")
def main(photos: Path, networks: tuple[str, ...], most: int) -> None:
    """Measure and print."""
    paths = sorted(path for path in photos.rglob("*") if path.suffix.lower() in _ENDINGS)
    paths = paths[:: max(1, len(paths) // most)][:most]
    print(f"{len(paths)} photos")
    for network in networks:
        colorizer = Colorizer.load(network)
        counts = [_two_tone(colorizer, path) for path in paths]
        regions, split = np.sum(counts, axis=0)
        print(f"{network}: {split} of {regions} regions ({split / regions:.1%}) are two-tone")


def _two_tone(colorizer: Colorizer, path: Path) -> tuple[int, int]:
    """Return the number of regions of a photo, and how many of them are two-tone."""
    with Image.open(path) as image:
        rgb = np.asarray(image.convert("RGB").resize((_EDGE_PX, _EDGE_PX)), np.float32) / 255
    yuv = rgb_to_yuv(rgb)
    luma = np.rint(yuv[..., 0] * 255).astype(np.uint8)
    truth, given = _cells(yuv[..., 1:]), _cells(colorizer.decode(colorizer.logits(luma)))
    labels = _regions(truth)
    found = [labels == label for label in range(labels.max() + 1)]
    found = [cells for cells in found if cells.sum() >= _LEAST_CELLS]
    return len(found), sum(_has_two_hues(given[cells]) for cells in found)


def _cells(uv: np.ndarray) -> np.ndarray:
    edge = _EDGE_PX // _CELL_PX
    return np.asarray(uv.reshape(edge, _CELL_PX, edge, _CELL_PX, 2).mean((1, 3)))


def _regions(uv: np.ndarray) -> np.ndarray:
    """Return a number for each cell, the same within a region; -1 where there is no colour."""
    rows, columns = uv.shape[:2]
    colored = np.linalg.norm(uv, axis=-1) >= _ALIKE_UV
    labels = np.full((rows, columns), -1)
    count = 0
    for start in zip(*np.nonzero(colored), strict=True):
        if labels[start] >= 0:
            continue
        labels[start], waiting = count, [start]
        while waiting:
            row, column = waiting.pop()
            for y, x in (
                (row - 1, column),
                (row + 1, column),
                (row, column - 1),
                (row, column + 1),
            ):
                inside = 0 <= y < rows and 0 <= x < columns
                if not inside or labels[y, x] >= 0 or not colored[y, x]:
                    continue
                if np.linalg.norm(uv[y, x] - uv[start]) <= _ALIKE_UV:  # of the first: no drifting
                    labels[y, x] = count
                    waiting.append((y, x))
        count += 1
    return labels


def _has_two_hues(uv: np.ndarray) -> bool:
    mean = uv.mean(0)
    chroma, middle = np.linalg.norm(uv, axis=-1), float(np.linalg.norm(mean))
    if middle < _COLORED_UV:
        # Halves that cancel out: compare with the cell that has most colour.
        mean, middle = uv[np.argmax(chroma)], float(chroma.max())
        if middle < _COLORED_UV:
            return False
    colored = chroma >= _COLORED_UV
    cosine = (uv @ mean) / np.maximum(chroma * middle, 1e-9)
    return bool(np.mean(colored & (cosine < _OTHER_HUE)) >= _LEAST_SHARE)


if __name__ == "__main__":
    main()
