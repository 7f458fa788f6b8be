"""Photos that ``dataprep import`` rejects as toned, and toned copies that it detects.

python benchmarks/count_toned.py PHOTOS… --tone-every 10

Every photo rejected, and those nearest to it, are named with the figures of their fit, so that they
can be looked at. Of every so many photos, gray copies are toned in the ways below, saved as JPEG at
their size and judged. ``--half`` takes the photos whose name hashes to an even or odd number, so
that thresholds chosen on one half can be reported on the other.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image

from colorfiles.photos import read_image
from dataprep.photos.colorless import TintFit, lack_of_color, may_be_toned, tint_fit

Array = np.ndarray
Color = tuple[int, int, int]
_SEPIA_MATRIX = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
_SEPIA = ((10, 5, 0), (112, 84, 58), (212, 188, 150), (255, 248, 232))
_DUOTONES = (
    ((40, 10, 60), (255, 230, 160)),
    ((10, 60, 60), (250, 220, 220)),
    ((60, 10, 20), (210, 250, 230)),
    ((15, 40, 90), (255, 240, 120)),
)


@dataclass(frozen=True)
class Print:
    """Inputs of a toned copy: luma (h, w) and colours (h, w, 3) in [0, 255], and random state."""

    luma: Array
    rgb: Array
    rng: np.random.Generator


def _curve(*colors: Color) -> Callable[[Print], Array]:
    return lambda of: _along(of.luma, colors)


def _tint(*factors: float) -> Callable[[Print], Array]:
    return lambda of: of.luma[..., None] * np.array(factors)


def _matrix(of: Print) -> Array:
    return of.rgb @ _SEPIA_MATRIX.T


def _duotone(of: Print) -> Array:
    return _along(of.luma, _DUOTONES[of.rng.integers(len(_DUOTONES))])


def _noisy(of: Print) -> Array:
    return of.luma[..., None] * np.array((1, 0.84, 0.62)) + of.rng.normal(0, 8, of.rgb.shape)


def _bordered(of: Print) -> Array:
    edge = int(min(of.luma.shape) * of.rng.uniform(0.03, 0.1))
    return np.pad(
        _along(of.luma, _SEPIA), ((edge, edge), (edge, edge), (0, 0)), constant_values=255
    )


def _faded(of: Print) -> Array:
    shape, rng = of.luma.shape, of.rng
    black = 60 + 70 * _clouds(shape, 4, rng)
    faded = (black + (230 - black) * of.luma[..., None] / 255) * np.array((1, 0.88, 0.7))
    stain = np.clip(_clouds(shape, 5, rng) - 0.55, 0, 1) * rng.uniform(0.3, 0.8)
    faded = faded * (1 - stain * np.array((0.2, 0.45, 0.9)))
    return faded + rng.normal(0, 4, (*shape, 1)) + rng.normal(0, 3, (*shape, 3))


def _uneven(of: Print) -> Array:
    cloud = _clouds(of.luma.shape, 3, of.rng)
    share = 0.1 + 0.9 * (cloud - cloud.min()) / np.ptp(cloud)
    return of.luma[..., None] * (1 - share * np.array((0, 0.14, 0.4)))


def _along(luma: Array, colors: Sequence[Color]) -> Array:
    at = np.linspace(0, 255, len(colors))
    return np.stack([np.interp(luma, at, channel) for channel in zip(*colors, strict=True)], -1)


def _clouds(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Array:
    few = Image.fromarray(rng.random((cells, cells), dtype=np.float32))
    return np.asarray(few.resize(shape[::-1], Image.Resampling.BICUBIC))[..., None]


_WAYS: dict[str, tuple[int, Callable[[Print], Array]]] = {  # JPEG's quality beside each
    "matrix": (92, _matrix),
    "tint": (92, _tint(1, 0.84, 0.62)),
    "faint tint": (88, _tint(1, 0.95, 0.86)),
    "sepia curve": (88, _curve(*_SEPIA)),
    "selenium": (92, _curve((12, 4, 10), (110, 95, 102), (200, 190, 193), (252, 250, 250))),
    "cyanotype": (88, _curve((8, 24, 60), (40, 90, 140), (140, 180, 205), (240, 246, 244))),
    "split": (88, _curve((5, 10, 30), (70, 80, 100), (150, 140, 125), (250, 235, 205))),
    "duotone": (90, _duotone),
    "white border": (88, _bordered),
    "matrix, quality 70": (70, _matrix),
    "curve, quality 40": (40, _curve(*_SEPIA)),
    "scan noise": (75, _noisy),
    "faded, stained": (80, _faded),
    "uneven yellowing": (85, _uneven),
}


def judged(path: Path) -> tuple[str, TintFit | None]:
    """Return why a photo would be rejected, "" for not, and its fit where it was looked at."""
    image = read_image(path.read_bytes()).rgb()
    return lack_of_color(image), tint_fit(image) if may_be_toned(image) else None


def toned_found(path: Path) -> dict[str, str]:
    """Return the verdict on a photo's toned copies, by kind of toning."""
    rgb = np.asarray(read_image(path.read_bytes()).rgb(), dtype=np.float64)
    luma, said = rgb @ (0.299, 0.587, 0.114), {}
    for number, (name, (quality, way)) in enumerate(_WAYS.items()):
        rng = np.random.default_rng([_number(path), number])
        pixels = np.clip(way(Print(luma, rgb, rng)) + 0.5, 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        said[name] = lack_of_color(Image.open(buffer).convert("RGB"))
    return said


def _number(path: Path) -> int:
    return int.from_bytes(hashlib.sha256(path.name.encode()).digest()[:4])


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tone-every", default=0, help="Tone every so many photos; 0 for none.")
@click.option("--half", type=click.IntRange(0, 1), help="Take one half of the photos only.")
@click.option("--nearest", default=20, help="How many kept photos to name.")
@click.option("--workers", default=2)
def main(
    folders: tuple[Path, ...], tone_every: int, half: int | None, nearest: int, workers: int
) -> None:
    """Count over FOLDERS of .jpg files."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*.jpg"))]
    paths = [path for path in paths if half is None or _number(path) % 2 == half]
    with ProcessPoolExecutor(workers) as pool:
        found = list(zip(paths, pool.map(judged, paths, chunksize=16), strict=True))
        some = paths[::tone_every] if tone_every else []
        toned = list(pool.map(toned_found, some, chunksize=2))
    reasons = [reason for _, (reason, _) in found]
    click.echo(f"{len(paths)} photos: {reasons.count('toned')} toned, {reasons.count('gray')} gray")
    fits = [(reason, fit, path) for path, (reason, fit) in found if fit and reason != "gray"]
    fits.sort(key=lambda of_one: (not of_one[0], of_one[1].most_off))
    for reason, fit, path in fits[: reasons.count("toned") + nearest]:
        figures = " ".join(f"{figure:.4f}" for figure in astuple(fit))
        click.echo(f"{reason or 'kept'} {figures} {path}")
    for name in _WAYS if toned else ():
        said = [of_one[name] for of_one in toned]
        click.echo(f"{name}: {said.count('toned')} toned, {said.count('gray')} gray of {len(said)}")


if __name__ == "__main__":
    main()
