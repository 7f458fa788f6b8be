"""Cleanness of the versions of photos, and differences between them.

Of `colorunet --versions N` on each photo: chroma steps where luma is flat, as a multiple of the
usual colouring's; between every two versions, the median CIEDE2000 where their chroma differs by
more than 0.03 in UV; the grid of the network's strides, as a multiple of the usual colouring's.
"""

import itertools
from pathlib import Path

import click
import numpy as np
from PIL import Image

from colorcore import ciede2000, rgb_to_lab
from colorcore.measures import grid_ratios, grid_steps
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.gamut_mapping import compose_rgb
from colorunet.coloring.steering.versions import Version

_ENDINGS = {".jpg", ".jpeg", ".png"}
_FLAT_LEVELS = 1
_DIFFERENT_UV = 0.03


@click.command(help=__doc__)
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--most", default=60, show_default=True, help="Photos, spread over the folder.")
@click.option("--count", default=4, show_default=True, help="Versions of each.")
def main(photos: Path, most: int, count: int) -> None:
    """Measure and print."""
    colorizer = Colorizer.load()
    paths = sorted(path for path in photos.rglob("*") if path.suffix.lower() in _ENDINGS)
    paths = paths[:: max(1, len(paths) // most)][:most]
    steps: list[float] = []
    apart: list[float] = []
    grids = {False: _Grid(), True: _Grid()}
    for path in paths:
        with Image.open(path) as image:
            seen = colorizer.see(np.asarray(image.convert("L")))
        versions = colorizer.versions(seen, count)
        flat = np.abs(np.diff(seen.luma.astype(int), axis=1)) <= _FLAT_LEVELS
        usual = next(v for v in versions if not v.shifts.any())
        reference = _steps(usual, flat)
        for version in versions:
            grids[bool(version.shifts.any())].add(version.uv)
            if version is not usual:
                steps.append(_steps(version, flat) / reference)
        luma = seen.luma.astype(np.float32) / 255
        apart += [_apart(luma, *pair) for pair in itertools.combinations(versions, 2)]
    rough, plain = np.array(steps), np.array(apart)
    print(f"{len(paths)} photos, {count} versions of each")
    print(f"steps where luma is flat: median {np.median(rough):.2f}, p90 {_p(rough, 90):.2f}")
    print(f"CIEDE2000 between two: median {np.median(plain):.1f}, p10 {_p(plain, 10):.1f}")
    print(f"grid: {np.max(grids[True].ratios / grids[False].ratios):.2f}")


def _p(values: np.ndarray, percent: float) -> float:
    return float(np.percentile(values, percent))


class _Grid:
    def __init__(self) -> None:
        self._sums, self._counts = np.zeros((3, 2)), np.zeros((3, 2), dtype=np.int64)

    def add(self, uv: np.ndarray) -> None:
        sums, counts = grid_steps(uv)
        self._sums, self._counts = self._sums + sums, self._counts + counts

    @property
    def ratios(self) -> np.ndarray:
        return grid_ratios(self._sums, self._counts)


def _steps(version: Version, flat: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(version.uv, axis=1), axis=-1)[flat].mean())


def _apart(luma: np.ndarray, first: Version, second: Version) -> float:
    differ = np.linalg.norm(first.uv - second.uv, axis=-1) > _DIFFERENT_UV
    if not differ.any():
        return 0.0
    labs = (rgb_to_lab(compose_rgb(luma, one.uv))[differ] for one in (first, second))
    return float(np.median(ciede2000(*labs)))


if __name__ == "__main__":
    main()
