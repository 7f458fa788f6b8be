"""Error of colours at edges for guided and bilinear upscaling, and their cost.

python benchmarks/bench_edges.py PHOTOS [--most 60]

Of each photo in colour the true chroma is made as coarse as a network's logits (a quarter of the
working size) and scaled up again, once bilinear, once along the edges of the luma as colourising
does. The error is the mean distance in UV over the tenth of the pixels where luma changes most. The
chroma that the shipped network gives is scaled up both ways, too: there its own errors count most.
The cost is CPU time of composing 24 megapixels, and of the scaling in it both ways.
"""

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from PIL import Image

from colorcore import rgb_to_yuv
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import ColoredImage
from colorunet.coloring.upscaling import ChromaRows
from colorunet.coloring.working_size import working_size

_COARSENESS = 4


@click.command(help=__doc__)
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--most", default=60, show_default=True, help="Photos, drawn with seed 0.")
def main(photos: Path, most: int) -> None:
    """Print means of both ways over the photos."""
    colorizer = Colorizer.load()
    paths = sorted(path for path in photos.rglob("*") if path.suffix in (".jpg", ".png"))
    random.Random(0).shuffle(paths)
    rows = [_errors(path, colorizer) for path in paths[:most]]
    for name, start in (("the true chroma, coarse", 0), ("the shipped network's chroma", 2)):
        bilinear, along = (statistics.fmean(row[start + k] for row in rows) for k in (0, 1))
        better = sum(row[start + 1] < row[start] for row in rows)
        print(
            f"{name}: error at edges {bilinear:.4f} bilinear, {along:.4f} along edges "
            f"({along / bilinear - 1:+.1%}); better on {better} of {len(rows)} photos"
        )
    _print_cost()


def _errors(path: Path, colorizer: Colorizer) -> tuple[float, float, float, float]:
    with Image.open(path) as image:
        yuv = rgb_to_yuv(np.asarray(image.convert("RGB"), np.float32) / 255)
    luma, true = np.rint(yuv[..., 0] * 255).astype(np.uint8), yuv[..., 1:]
    height, width = working_size(luma, colorizer.working_edge_px)
    coarse = _bilinear(true, (width // _COARSENESS, height // _COARSENESS))
    steep = np.hypot(*np.gradient(yuv[..., 0]))
    edges = steep >= np.quantile(steep, 0.9)
    found = []
    for uv in (_bilinear(coarse, (width, height)), colorizer.chroma(luma)):
        along = np.stack(ChromaRows(uv, luma).rows(luma.astype(np.float32) / 255, 0), axis=-1)
        for scaled in (_bilinear(uv, luma.shape[::-1]), along):
            found.append(float(np.linalg.norm(scaled - true, axis=-1)[edges].mean()))
    return found[0], found[1], found[2], found[3]


def _bilinear(uv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    planes = [Image.fromarray(np.ascontiguousarray(uv[..., axis])) for axis in range(2)]
    return np.stack([plane.resize(size, Image.Resampling.BILINEAR) for plane in planes], axis=-1)


def _print_cost() -> None:
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (40, 60), dtype=np.uint8))
    luma = np.asarray(small.resize((6000, 4000), Image.Resampling.BICUBIC))
    uv = rng.uniform(-0.1, 0.1, (256, 384, 2)).astype(np.float32)
    image = ColoredImage(luma, uv)
    composing = _cpu_s(lambda: [len(band) for band in image.bands()])
    bilinear = _cpu_s(lambda: _bilinear(uv, (6000, 4000)))
    rows = ChromaRows(uv, luma)
    parts = [luma[top : top + 20].astype(np.float32) / 255 for top in range(0, 4000, 20)]
    along = _cpu_s(lambda: [rows.rows(part, 20 * k) for k, part in enumerate(parts)])
    print(
        f"24 megapixels, CPU time: composing {composing:.2f} s; of that scaling along edges "
        f"{along:.2f} s (bilinear by Pillow {bilinear:.2f} s)"
    )


def _cpu_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
