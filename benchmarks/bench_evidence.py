"""Error rates of `colorunet verify` on coloured photos, changed and unchanged.

python benchmarks/bench_evidence.py PHOTOS --count 300 [--rows FILE]
python benchmarks/bench_evidence.py --judge FILE   # again, by the bounds that the code has now
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image

from colorfiles.photos import ReadSettings, can_decode
from colorunet.batch.images import read_gray
from colorunet.batch.writing.formats import FORMATS
from colorunet.batch.writing.photo import WritingSettings, write_photo
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import ColoredImage, in_8_bits
from colorunet.errors import UnusableImage
from colorunet.evidence.luma_check import Allowance, check_luma
from colorunet.evidence.luma_files import MEASURED, lumas_of
from colorunet.evidence.network_mark import mark_of_named
from colorunet.evidence.verification import verify

CHANGES = ("untouched", "recompressed", "brightened", "retouched", "cropped")
SPOT_PX = 16
SEEN_RMS = 1.0  # a retouch that changes luma in its spot by less than a level shows nothing new
_SEEN = ("level", "cell_mean", "cell_rms", "mean")  # differences, as Allowance bounds them
_EVERY = 10  # photos: the figures so far


@dataclass(frozen=True)
class Kind:
    """One file format: how it is saved like an output, how it is saved anew, and its suffix."""

    suffix: str
    written: dict[str, Any]
    again: dict[str, Any]


KINDS = {
    "PNG": Kind(".png", {}, {"compress_level": 9}),
    "JPEG": Kind(".jpg", {"quality": 95, "subsampling": 0}, {"quality": 85}),
    "WEBP": Kind(".webp", {"quality": 95}, {"quality": 80}),
    "AVIF": Kind(".avif", {"quality": 90, "subsampling": "4:4:4"}, {"quality": 75}),
    "GIF": Kind(".gif", {}, {}),
    "HEIF": Kind(".heic", {"quality": 90, "chroma": 420}, {"quality": 75, "chroma": 420}),
    "JPEG2000": Kind(
        ".jp2",
        {"irreversible": False},
        {"irreversible": True, "quality_mode": "dB", "quality_layers": [38]},
    ),
}


def changed(rgb: np.ndarray, change: str, spot: tuple[int, int]) -> np.ndarray:
    """Return pixels with one of the changes."""
    rgb, (y, x) = rgb.copy(), spot
    if change == "brightened":
        return np.clip(np.rint(rgb * 1.01), 0, 255).astype(np.uint8)
    if change == "cropped":
        return rgb[:-4, 4:]
    if change == "retouched":  # a spot is covered with what lies beside it, as a stamp tool does
        rgb[y : y + SPOT_PX, x : x + SPOT_PX] = rgb[y : y + SPOT_PX, x + SPOT_PX : x + 2 * SPOT_PX]
    return rgb


def variants(image: ColoredImage, name: str, folder: Path, spot: tuple[int, int]) -> Iterator[Any]:
    """Yield each change with a file that has it."""
    kind, path = KINDS[name], folder / f"untouched{KINDS[name].suffix}"
    settings = WritingSettings(FORMATS[name], mark=mark_of_named("colorunet"))
    pages = 2 if name == "GIF" else 1  # only what moves is written as GIF
    write_photo(path, repeat(image, pages), settings, pages=pages)
    yield "untouched", path
    with Image.open(path) as opened:
        rgb = np.asarray(opened.convert("RGB"))
    for change in CHANGES[1:]:
        options = kind.again if change == "recompressed" else kind.written
        target = folder / f"{change}{kind.suffix}"
        Image.fromarray(changed(rgb, change, spot)).save(target, name, **options)
        yield change, target


def rows_of(
    image: ColoredImage, photo: Path, number: int, formats: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """Yield what verify says of each format and change of one coloured photo, and how far its
    luma is from the original's.
    """
    height, width = image.luma.shape
    rng = np.random.default_rng(number)
    spot = int(rng.integers(0, height - SPOT_PX)), int(rng.integers(0, width - 2 * SPOT_PX))
    moved = changed(image.luma, "retouched", spot).astype(float) - image.luma
    is_seen = np.sqrt((moved**2).sum() / SPOT_PX**2) * 255 / _top(image.luma) >= SEEN_RMS
    with tempfile.TemporaryDirectory() as folder:
        for name in formats:
            for change, file in variants(image, name, Path(folder), spot):
                luma = verify(file, photo).luma
                row = {"photo": number, "format": name, "change": change}
                row["kept"] = luma is not None and luma.kept
                row["counts"] = change != "retouched" or bool(is_seen)
                yield row | _differences(file, image.luma)


@click.command()
@click.argument(
    "photos", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--count", type=click.IntRange(1), default=300, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--rows", type=click.File("w"), help="Write a JSON line for each file, too.")
@click.option("--formats", default=",".join(KINDS), show_default=True)
@click.option("--judge", type=click.File(), help="Rows of an earlier run, instead of PHOTOS.")
def main(
    photos: Path | None, count: int, *, seed: int, rows: Any, formats: str, judge: Any
) -> None:
    """Print how many of each kind verify takes for only coloured, and the bounds seen."""
    if judge or photos is None:
        _print([_judged(json.loads(line)) for line in judge or ()])
        return
    chosen_formats = tuple(name for name in formats.split(",") if can_decode(name))
    rng = np.random.default_rng(seed)
    found = sorted(p for p in photos.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = [found[i] for i in sorted(rng.permutation(len(found))[:count])]
    colorizer = Colorizer.load()
    seen: list[dict[str, Any]] = []
    for number, photo in enumerate(chosen, start=1):
        try:
            gray = read_gray(photo, ReadSettings(), bits=None)
        except UnusableImage:
            continue
        image = gray.colored(colorizer.chroma(in_8_bits(gray.luma)), 1.0)
        for row in rows_of(image, photo, number, chosen_formats):
            seen.append(row)
            if rows:
                rows.write(json.dumps(row) + "\n")
        if number % _EVERY == 0:
            _print(seen, err=True)
    _print(seen)


def _print(rows: list[dict[str, Any]], *, err: bool = False) -> None:
    """Print a line for each format: files of each change, and how many were taken as kept."""
    kept: dict[str, Counter[str]] = defaultdict(Counter)
    largest: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row["counts"]:
            kept[row["format"]][f"{row['change']} of"] += 1
            kept[row["format"]][row["change"]] += row["kept"]
        if row["change"] == "untouched" and "level" in row:
            seen = largest[row["format"]]
            for key in _SEEN:
                seen[key] = max(seen.get(key, 0.0), row[key])
    for name, counts in kept.items():
        line = {"format": name, **counts, "largest_seen": largest[name]}
        click.echo(json.dumps(line), err=err)


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with what verify would say of its differences by the bounds measured now."""
    allowed = MEASURED.get(row["format"])
    if allowed is None or "level" not in row:
        return row
    bounds = (allowed.level, allowed.mean, allowed.rms, allowed.overall)
    seen = (row[key] for key in _SEEN)
    return row | {"kept": all(one <= most for one, most in zip(seen, bounds, strict=True))}


def _top(luma: np.ndarray) -> int:
    return int(np.iinfo(luma.dtype).max)


def _differences(path: Path, old: np.ndarray) -> dict[str, float]:
    """Return how far a file's luma is from the original's, in 255ths; {} where sizes differ."""
    new = next(iter(lumas_of(path))).luma
    if new.shape != old.shape or new.dtype != old.dtype:
        return {}
    check = check_luma(new, old, Allowance())
    height, width = (edge // 8 * 8 for edge in new.shape)
    apart = (new[:height, :width].astype(np.float32) - old[:height, :width]) * (255 / _top(old))
    cells = apart.reshape(height // 8, 8, width // 8, 8)
    means, squares = cells.mean(axis=(1, 3)), (cells**2).mean(axis=(1, 3))
    found = (check.largest, np.abs(means).max(), np.sqrt(squares.max()), abs(check.mean))
    return {name: round(float(value), 3) for name, value in zip(_SEEN, found, strict=True)}


if __name__ == "__main__":
    main()
