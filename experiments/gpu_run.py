"""Everything that needs a GPU in one go: agreement with the CPU, benchmarks, the shipped network.

\b
    PYTHONPATH=packages python experiments/gpu_run.py --photos PHOTOS --eval-photos OTHERS --out OUT
    … --device cpu --set max_steps=2 --set width=8       # the same way, tried without a GPU

Runs from source: nothing need be installed but what the packages ask for. Each part writes a log
into OUT and a part that fails doesn't stop the others; OUT/gpu.json says how each ended.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import torch
from command_runner import CommandFailed, CommandRunner, fit_words, last_line, setting_words
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
    """Result of a part, or the last line of its log."""

    name: str
    ok: bool
    seconds: float
    outcome: str


class Parts:
    """Runs the parts; ``device`` is ``cuda`` or ``cpu``."""

    def __init__(self, out: Path, device: str) -> None:
        self._out, self._device = out, device
        self._runner = CommandRunner()
        self.parts: list[Part] = []

    def command(self, name: str, *words: str | Path, device: str | None = None) -> bool:
        """Run a command line with its output in a log named after the part."""
        started = time.perf_counter()
        log = self._out / (name.replace(" ", "-").replace(",", "") + ".log")
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if (device or self._device) == "cpu" else {}
        print(f"{name} … {log}", flush=True)
        try:
            self._runner.run(words, log=log, environment=hidden, log_all=True)
            ok = True
        except CommandFailed:
            ok = False
        self.add(name, ok, time.perf_counter() - started, last_line(log))
        return ok

    def add(self, name: str, ok: bool, seconds: float, outcome: str) -> None:
        """Add the outcome of a part and print it."""
        self.parts.append(Part(name, ok, seconds, outcome))
        print(f"{name}: {'ok' if ok else 'FAILED'}, {seconds:.0f} s: {outcome}", flush=True)
        with write_atomically(self._out / "gpu.json") as temporary:
            temporary.write_text(json.dumps([asdict(part) for part in self.parts], indent=1) + "\n")


@click.command(help=__doc__)
@click.option(
    "--photos", type=click.Path(path_type=Path), required=True, help="Photo folder to learn from."
)
@click.option(
    "--eval-photos", type=click.Path(path_type=Path), required=True, help="Ordinary photos."
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder of logs and results."
)
@click.option("--device", type=click.Choice(("cuda", "cpu")), default="cuda", show_default=True)
@click.option("--hours", type=float, help="Of the fit.  [default: the recipe's steps]")
@click.option("--name", default=DEFAULT_NETWORK, show_default=True, help="To make.")
@click.option("--limit", type=int, help="Samples measured of each split.  [default: all]")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
def main(
    photos: Path,
    eval_photos: Path,
    out: Path,
    device: str,
    hours: float | None,
    name: str,
    limit: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Run every part, the short ones first."""
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch sees no GPU; --device cpu tries the same way without one")
    out.mkdir(parents=True, exist_ok=True)
    parts = Parts(out, device)
    _colors_agree(parts, photos, out)
    bench = ROOT / "benchmarks"
    is_trial = device == "cpu"
    measured: list[str | Path] = ["--part", "photo", "--repeats", "1" if is_trial else "15"]
    measured += ["--photos", out / "colours"] if is_trial else []  # few and small: quickly int8
    parts.command("colorize", "python", bench / "bench_colorize.py", *measured)
    sizes = ["--batch", "2", "--size", "64", "--repeats", "1"] if is_trial else []
    parts.command("step", "python", bench / "bench_train.py", "--device", device, *sizes)
    words: list[str | Path] = ["--photos", photos, "--eval-photos", eval_photos]
    words += ["--name", name, "--out", out / "shipped", *setting_words(overrides)]
    words += ["--hours", str(hours)] if hours else []
    words += ["--limit", str(limit)] if limit else []
    if parts.command(SHIPPED, "python", ROOT / "experiments" / "train_shipped.py", *words):
        _losses_agree(parts, out / "shipped" / "shards", out)
    failed = [part.name for part in parts.parts if not part.ok]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def _colors_agree(parts: Parts, photos: Path, out: Path) -> None:
    """Colour photos with the shipped network on both devices; compare what comes out."""
    started = time.perf_counter()
    sources = [photos / photo.path for photo in PhotoFolder(photos).kept()[:_COMPARED]]
    for name, device in (("colours on the CPU", "cpu"), ("colours", None)):
        folder = out / name.replace(" ", "-")
        words: list[str | Path] = ["trainer", "colorize", *sources, "--out", folder, "--overwrite"]
        if not parts.command(name, *words, device=device):
            return
    apart = max(
        float(np.abs(_pixels(path) - _pixels(out / "colours-on-the-CPU" / path.name)).mean())
        for path in sorted((out / "colours").iterdir())
    )
    outcome = f"{apart:.2f} of 255 apart on average, at most"
    seconds = time.perf_counter() - started
    parts.add("colours agree", apart <= _MOST_LEVELS_APART, seconds, outcome)


def _losses_agree(parts: Parts, shards: Path, out: Path) -> None:
    """Fit a few steps in float32 on both devices; compare the losses."""
    started = time.perf_counter()
    texts = ("width=8", "depth=3", "crop=64", "batch_size=4", f"max_steps={_STEPS}", "workers=0")
    losses = []
    for name, device in (("losses on the CPU", "cpu"), ("losses", None)):
        run = out / name.replace(" ", "-")
        words = fit_words(shards, run, "small", [*texts, "precision=float32"])
        if not parts.command(name, *words, "--overwrite", device=device):
            return
        rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
        losses.append(np.array([row["loss"] for row in rows if "loss" in row]))
    apart = float(np.abs(losses[0] / losses[1] - 1).max())
    outcome = f"{apart:.2g} apart at most, as a share, over {_STEPS} steps"
    parts.add("losses agree", apart <= _MOST_LOSS_APART, time.perf_counter() - started, outcome)


def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(float)


if __name__ == "__main__":
    main()
