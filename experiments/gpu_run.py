"""Everything that wants a GPU, in one go: agreement with the CPU, benchmarks, the shipped network.

    PYTHONPATH=packages python experiments/gpu_run.py --photos PHOTOS --eval-photos OTHERS --out OUT
    … --device cpu --set max_steps=2 --set width=8       # the same way, tried without a GPU

Runs from source: nothing need be installed but what the packages ask for. Each part writes a log
into OUT and a part that fails doesn't stop the others; OUT/gpu.json says how each ended.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from colorfiles.files import write_atomically
from colorunet.parameters.shipped import DEFAULT_NETWORK
from dataprep.photos.folder import PhotoFolder

ROOT = Path(__file__).parent.parent
_COMPARED = 4  # photos coloured on both devices
_MOST_LEVELS_APART = 1.0  # of 255, on average
_MOST_LOSS_APART = 0.01  # as a share
_STEPS = 8
SHIPPED = "the shipped network, made again"


@dataclass(frozen=True)
class Part:
    """How one part ended: what it found, or the last line of its log."""

    name: str
    ok: bool
    seconds: float
    told: str


class Runner:
    """Runs the parts; ``device`` is ``cuda`` or ``cpu``."""

    def __init__(self, out: Path, device: str) -> None:
        self._out, self._device = out, device
        self.parts: list[Part] = []

    def command(self, name: str, *words: str | Path, device: str | None = None) -> bool:
        """Run Python with its output in a log named after the part."""
        started = time.perf_counter()
        log = self._out / (name.replace(" ", "-").replace(",", "") + ".log")
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if (device or self._device) == "cpu" else {}
        print(f"{name} … {log}", flush=True)
        with log.open("w") as file:
            done = subprocess.run(
                [sys.executable, *map(str, words)],
                check=False,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=os.environ | hidden,
            )
        lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
        self.add(name, not done.returncode, time.perf_counter() - started, lines[-1])
        return not done.returncode

    def add(self, name: str, ok: bool, seconds: float, told: str) -> None:
        """Note how a part ended and tell it."""
        self.parts.append(Part(name, ok, seconds, told))
        print(f"{name}: {'ok' if ok else 'FAILED'}, {seconds:.0f} s: {told}", flush=True)
        with write_atomically(self._out / "gpu.json") as temporary:
            temporary.write_text(json.dumps([asdict(part) for part in self.parts], indent=1) + "\n")


def main() -> None:
    """Run every part, the short ones first."""
    given = _options()
    if given.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch sees no GPU; --device cpu tries the same way without one")
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    runner = Runner(out, given.device)
    _colors_agree(runner, given.photos, out)
    bench = ROOT / "benchmarks"
    runner.command("colorize", bench / "bench_colorize.py", "--repeats", "5")
    sizes = [] if given.device == "cuda" else ["--batch", "2", "--size", "64", "--repeats", "1"]
    runner.command("step", bench / "bench_train.py", "--device", given.device, *sizes)
    words = ["--photos", given.photos, "--eval-photos", given.eval_photos]
    words += [
        "--name",
        given.name,
        "--out",
        out / "shipped",
        *(w for pair in given.overrides for w in ("--set", pair)),
    ]
    words += ["--hours", str(given.hours)] if given.hours else []
    words += ["--limit", str(given.limit)] if given.limit else []
    if runner.command(SHIPPED, ROOT / "experiments" / "train_shipped.py", *words):
        _losses_agree(runner, out / "shipped" / "shards", out)
    failed = [part.name for part in runner.parts if not part.ok]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def _colors_agree(runner: Runner, photos: Path, out: Path) -> None:
    """Colour photos with the shipped network on both devices; compare what comes out."""
    started = time.perf_counter()
    chosen = [photos / photo.path for photo in PhotoFolder(photos).kept()[:_COMPARED]]
    for name, device in (("colours on the CPU", "cpu"), ("colours", None)):
        folder = out / name.replace(" ", "-")
        words = ["-m", "trainer", "colorize", *chosen, "--out", folder, "--overwrite"]
        if not runner.command(name, *words, device=device):
            return
    apart = max(
        float(np.abs(_pixels(path) - _pixels(out / "colours-on-the-CPU" / path.name)).mean())
        for path in sorted((out / "colours").iterdir())
    )
    told = f"{apart:.2f} of 255 apart on average, at most"
    seconds = time.perf_counter() - started
    runner.add("colours agree", apart <= _MOST_LEVELS_APART, seconds, told)


def _losses_agree(runner: Runner, shards: Path, out: Path) -> None:
    """Fit a few steps in float32 on both devices; compare the losses."""
    started = time.perf_counter()
    texts = ("width=8", "depth=3", "crop=64", "batch_size=4", f"max_steps={_STEPS}", "workers=0")
    settings = [word for text in (*texts, "precision=float32") for word in ("--set", text)]
    losses = []
    for name, device in (("losses on the CPU", "cpu"), ("losses", None)):
        run = out / name.replace(" ", "-")
        words = ["-m", "trainer", "fit", shards, "--out", run, "--recipe", "small", *settings]
        if not runner.command(name, *words, "--overwrite", device=device):
            return
        rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
        losses.append(np.array([row["loss"] for row in rows if "loss" in row]))
    apart = float(np.abs(losses[0] / losses[1] - 1).max())
    told = f"{apart:.2g} apart at most, as a share, over {_STEPS} steps"
    runner.add("losses agree", apart <= _MOST_LOSS_APART, time.perf_counter() - started, told)


def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(float)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True, help="photo folder to learn from")
    parser.add_argument("--eval-photos", type=Path, required=True, help="ordinary photos")
    parser.add_argument("--out", type=Path, required=True, help="folder of logs and results")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--hours", type=float, help="of the fit  [the recipe's steps]")
    parser.add_argument("--name", default=DEFAULT_NETWORK, help="to make  [%(default)s]")
    parser.add_argument("--limit", type=int, help="samples measured of each split  [all]")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
