"""Flicker of coloured films, with and without smoothing; speed and memory.

python benchmarks/bench_film.py flicker --photos DIR [--frames 24] [--film zooms --film cuts]
python benchmarks/bench_film.py speed --photos DIR [--frames 24]
python benchmarks/bench_film.py memory --photos DIR

Films are made of photographs: a camera that stands, pans, zooms, and cuts, over grain, judder and
uneven exposure. Where every pixel moves is known, so that flicker is measured along the true
motion, and how far colours are from the photographs', too.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import click
import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from film_of_photos import Film, FilmFrame, Shot, Wear

from colorcore import rgb_to_yuv
from colorunet.coloring.colorizer import Colorizer
from colorunet.video.film import colorize_video
from colorunet.video.smoothing import Smoother, SmoothingSettings

WEAR = Wear(grain=8, judder=0.004, exposure=0.03)
MOVES = {
    "stands": ((0.5, 0.5, 0.8), (0.5, 0.5, 0.8)),
    "pans": ((0.35, 0.5, 0.6), (0.65, 0.5, 0.6)),
    "pans fast": ((0.25, 0.4, 0.5), (0.75, 0.6, 0.5)),
    "zooms": ((0.5, 0.5, 0.9), (0.45, 0.5, 0.5)),
}
WAYS = {
    "per frame": SmoothingSettings("nothing"),
    "smoothed": SmoothingSettings("place"),
    "along motion": SmoothingSettings("motion", every=1),
    "along motion, every 2nd seen": SmoothingSettings("motion"),
}


_photos_option = click.option(
    "--photos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder of photographs in colour.",
)


@click.group()
def main() -> None:
    """Measure how films made of photographs are coloured."""


def _photos(folder: Path, count: int, seed: int) -> list[Image.Image]:
    paths = sorted(folder.rglob("*.jpg"))
    random.Random(seed).shuffle(paths)
    found: list[Image.Image] = []
    for path in paths:
        with Image.open(path) as image:
            if image.width >= 1.4 * image.height and image.height >= 280:
                found.append(image.convert("RGB"))
        if len(found) == count:
            return found
    raise SystemExit(f"{folder}: {len(found)} photographs are wide enough; expected {count}")


@main.command()
@_photos_option
@click.option("--frames", default=24, show_default=True, help="Of each shot.")
@click.option(
    "--film", "names", type=click.Choice([*MOVES, "cuts"]), multiple=True, help="Some rows.  [all]"
)
def flicker(photos: Path, frames: int, names: tuple[str, ...]) -> None:
    """Print how far colours change from frame to frame, and how far they are off, in each way."""
    colorizer = Colorizer.load()
    pictures = iter(_photos(photos, 2 * len(MOVES) + 8, seed=7))
    films = {
        name: [Shot(next(pictures), frames, *move) for _ in range(2)]
        for name, move in MOVES.items()
    }
    films["cuts"] = [Shot(next(pictures), 6, *MOVES["pans"]) for _ in range(8)]
    print("| film | " + " | ".join(f"{way}: flicker | error" for way in WAYS) + " | cuts found |")
    print("|---|" + "---:|" * (2 * len(WAYS) + 1))
    for name in names or films:
        shots = films[name]
        film = list(Film(shots, size=(640, 360), wear=WEAR))
        seen = [_luma(frame) for frame in film]
        logits = [colorizer.coarse_logits(luma) for luma in seen]
        cells, found = [], ""
        for settings in WAYS.values():
            uv, cuts = _colored(colorizer, seen, logits, settings)
            cells += [f"{_flicker(film, uv):.4f}", f"{_error(film, uv):.4f}"]
            found = (
                f"{len(cuts & _cuts(film))} of {len(_cuts(film))}, {len(cuts - _cuts(film))} more"
            )
        print(f"| {name} | {' | '.join(cells)} | {found} |", flush=True)


def _luma(frame: FilmFrame) -> np.ndarray:
    luma = np.asarray(Image.fromarray(frame.rgb).convert("L"))
    return np.asarray(cv2.resize(luma, (448, 256), interpolation=cv2.INTER_AREA))


def _colored(
    colorizer: Colorizer,
    seen: list[np.ndarray],
    logits: list[np.ndarray],
    settings: SmoothingSettings,
) -> tuple[list[np.ndarray], set[int]]:
    smoother = Smoother(logits[0].shape[:2], settings)
    uv, cuts = [], set()
    for number, (luma, alone) in enumerate(zip(seen, logits, strict=True)):
        small = cv2.resize(luma, (224, 128), interpolation=cv2.INTER_AREA)
        motion = smoother.look(small)
        smoothed = smoother.next(alone if smoother.wants_logits else None)
        if motion is not None and motion.cut:
            cuts.add(number)
        uv.append(colorizer.decode(smoothed))
    return uv, cuts


def _cuts(film: list[FilmFrame]) -> set[int]:
    return {t for t in range(1, len(film)) if film[t].shot != film[t - 1].shot}


def _flicker(film: list[FilmFrame], uv: list[np.ndarray]) -> float:
    """Mean |ΔU|, |ΔV| between frames of a shot, at places that are the same on the photograph."""
    rows, columns = uv[0].shape[:2]
    changes = []
    for t in set(range(1, len(film))) - _cuts(film):
        places = film[t].places_in(film[t - 1])
        height, width = places.shape[:2]
        at = cv2.resize(places.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
        x = (at[..., 0] + 0.5) * columns / width - 0.5
        y = (at[..., 1] + 0.5) * rows / height - 0.5
        inside = (x >= 0) & (y >= 0) & (x <= columns - 1) & (y <= rows - 1)
        before = cv2.remap(uv[t - 1], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        changes.append(np.abs(uv[t] - before)[inside].mean())
    return float(np.mean(changes))


def _error(film: list[FilmFrame], uv: list[np.ndarray]) -> float:
    """Mean |ΔU|, |ΔV| to the photograph's own colours."""
    rows, columns = uv[0].shape[:2]
    found = []
    for frame, guess in zip(film, uv, strict=True):
        truth = rgb_to_yuv(frame.clean.astype(np.float32) / 255)[..., 1:]
        truth = cv2.resize(truth, (columns, rows), interpolation=cv2.INTER_AREA)
        found.append(np.abs(guess - truth).mean())
    return float(np.mean(found))


def _clip(path: Path, photos: Path, frames: int, size: tuple[int, int]) -> Path:
    """Write a clip of two pans, H.264 with a tone."""
    shots = [Shot(one, frames // 2, *MOVES["pans"]) for one in _photos(photos, 2, seed=3)]
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=24, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height = size
        for number, frame in enumerate(Film(shots, size=size, wear=WEAR)):
            gray = np.asarray(Image.fromarray(frame.rgb).convert("L").convert("RGB"))
            video = av.VideoFrame.from_ndarray(gray, format="rgb24").reformat(format="yuv420p")
            video.pts, video.time_base = number, Fraction(1, 24)
            file.mux(stream.encode(video))
        file.mux(stream.encode(None))
    return path


def _sizes() -> Iterator[tuple[str, tuple[int, int]]]:
    yield "640 x 360", (640, 360)
    yield "1280 x 720", (1280, 720)


@main.command()
@_photos_option
@click.option("--frames", default=24, show_default=True, help="Of each film.")
def speed(photos: Path, frames: int) -> None:
    """Print frames a second, and the share of the network alone, measured in the same run."""
    colorizer = Colorizer.load()
    print("| film | frames/s | CPU s a frame | of it the network | the network alone, frames/s |")
    print("|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, size in _sizes():
            clip = _clip(Path(folder) / f"{size[1]}.mp4", photos, frames, size)
            luma = np.random.default_rng(0).integers(0, 256, (256, 448), dtype=np.uint8)
            colorizer.coarse_logits(luma)
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(frames // 3):
                colorizer.coarse_logits(luma)
            alone = (time.perf_counter() - wall) / (frames // 3)
            network = (time.process_time() - cpu) / (frames // 3)
            cpu = time.process_time()
            told = colorize_video(colorizer, clip, clip.with_name(f"out-{clip.name}"))
            used = (time.process_time() - cpu) / told.frames
            rate = told.frames / told.seconds
            print(f"| {name} | {rate:.1f} | {used:.3f} | {network / used:.0%} | {1 / alone:.1f} |")


@main.command()
@_photos_option
def memory(photos: Path) -> None:
    """Print the highest resident memory for a short and a long film, each in its own process."""
    print("| frames | highest resident MB |")
    print("|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for frames in (60, 480):
            clip = _clip(Path(folder) / f"{frames}.mp4", photos, frames, (320, 180))
            subprocess.run([sys.executable, "-c", _ONE, str(clip)], check=True, timeout=600)


# The peak is that of its own memory: getrusage's counts what the parent had when it forked.
_ONE = """
import pathlib, re, sys
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.video.film import colorize_video
colorizer = Colorizer.load(options=PredictionOptions(scales=(1.0,)), working_edge_px=64)
told = colorize_video(colorizer, sys.argv[1], sys.argv[1] + ".out.mp4")
status = pathlib.Path("/proc/self/status").read_text()
used = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) * 1024 / 1e6
print(f"| {told.frames} | {used:.0f} |")
"""


if __name__ == "__main__":
    main()
