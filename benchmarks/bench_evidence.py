"""How often `colorunet verify` is right: photos coloured, then left alone or changed.

python benchmarks/bench_evidence.py PHOTOS --count 300
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from PIL import Image

from colorfiles.photos import ReadSettings
from colorunet.batch.images import UnusableImage, read_gray
from colorunet.batch.writing.formats import FORMATS
from colorunet.batch.writing.photo import WritingSettings, write_photo
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import in_8_bits
from colorunet.evidence.luma_check import Allowance, check_luma
from colorunet.evidence.luma_files import lumas_of
from colorunet.evidence.network_mark import mark_of_named
from colorunet.evidence.reading import packet_of
from colorunet.evidence.verification import verify

CHANGES = ("untouched", "recompressed", "brightened", "retouched", "cropped")
WRITTEN = {"PNG": {}, "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"quality": 95}}
AGAIN = {"PNG": {"compress_level": 9}, "JPEG": {"quality": 85}, "WEBP": {"quality": 80}}
SPOT_PX = 16
_EVERY = 10  # photos: the figures so far


def changed(rgb: np.ndarray, change: str, rng: np.random.Generator) -> np.ndarray:
    """Return pixels as somebody might change them."""
    rgb = rgb.copy()
    if change == "brightened":
        return np.clip(np.rint(rgb * 1.01), 0, 255).astype(np.uint8)
    if change == "cropped":
        return rgb[:-4, 4:]
    if change == "retouched":  # a spot is covered with what lies beside it, as a stamp tool does
        y = int(rng.integers(0, rgb.shape[0] - SPOT_PX))
        x = int(rng.integers(0, rgb.shape[1] - 2 * SPOT_PX))
        rgb[y : y + SPOT_PX, x : x + SPOT_PX] = rgb[y : y + SPOT_PX, x + SPOT_PX : x + 2 * SPOT_PX]
    return rgb


def variants(path: Path, name: str, rng: np.random.Generator) -> Iterator[tuple[str, Path]]:
    """Yield each change with a file that has it, its mark kept."""
    yield "untouched", path
    xmp = packet_of(path)
    with Image.open(path) as image:
        rgb = np.asarray(image.convert("RGB"))
    for change in CHANGES[1:]:
        options = dict(AGAIN[name] if change == "recompressed" else WRITTEN[name])
        target = path.with_name(f"{change}{path.suffix}")
        Image.fromarray(changed(rgb, change, rng)).save(target, name, xmp=xmp, **options)
        yield change, target


@click.command()
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", type=click.IntRange(1), default=300, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def main(photos: Path, count: int, seed: int) -> None:
    """Print how many of each kind verify takes for only coloured, and the bounds seen."""
    rng = np.random.default_rng(seed)
    found = sorted(p for p in photos.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = [found[i] for i in sorted(rng.permutation(len(found))[:count])]
    colorizer, mark = Colorizer.load(), mark_of_named("colorunet")
    kept: dict[str, Counter[str]] = defaultdict(Counter)
    bounds: dict[str, np.ndarray] = {name: np.zeros(4) for name in WRITTEN}
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(chosen, start=1):
            try:
                gray = read_gray(photo, ReadSettings(), bits=None)
            except UnusableImage:
                continue
            image = gray.colored(colorizer.chroma(in_8_bits(gray.luma)), 1.0)
            for name in WRITTEN:
                path = Path(folder) / f"out{FORMATS[name].suffixes[0]}"
                write_photo(path, iter([image]), WritingSettings(FORMATS[name], mark=mark))
                stored = next(iter(lumas_of(path))).luma
                check = check_luma(stored, gray.luma, Allowance())
                cells = _cells(stored, gray.luma)
                seen = (check.largest, *cells, abs(check.mean))
                bounds[name] = np.maximum(bounds[name], seen)
                kept[name]["photos"] += 1
                for change, file in variants(path, name, rng):
                    luma = verify(file, photo).luma
                    kept[name][change] += luma is not None and luma.kept
            if number % _EVERY == 0:
                _tell(kept, bounds, err=True)
    _tell(kept, bounds)


def _tell(
    kept: dict[str, Counter[str]], bounds: dict[str, np.ndarray], *, err: bool = False
) -> None:
    for name, counts in kept.items():
        seen = dict(zip(("level", "cell_mean", "cell_rms", "mean"), bounds[name], strict=True))
        figures = {key: round(float(value), 3) for key, value in seen.items()}
        click.echo(json.dumps({"format": name, **counts, "largest_seen": figures}), err=err)


def _cells(new: np.ndarray, old: np.ndarray) -> tuple[float, float]:
    height, width = (edge // 8 * 8 for edge in new.shape)
    difference = new[:height, :width].astype(np.float32) - old[:height, :width]
    cells = difference.reshape(height // 8, 8, width // 8, 8)
    means, squares = cells.mean(axis=(1, 3)), (cells**2).mean(axis=(1, 3))
    return float(np.abs(means).max()), float(np.sqrt(squares.max()))


if __name__ == "__main__":
    main()
