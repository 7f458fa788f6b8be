"""Cost of colourising a small photo, a large one and a folder; by ONNX, torch, int8 and OpenCV.

python benchmarks/bench_colorize.py [--part photo --part large …] [--repeats 15] [--photos DIR]

photo   256 × 256 in memory: logits by ONNX Runtime, torch and int8, and everything but the file;
        int8 is calibrated on photos of DIR, or on the pictures of the model card
opencv  one pass of the network beside OpenCV's DNN with a network of the size of Zhang et al. 2016
        (random parameters: the time is the same), both at 256 × 256
folder  photos of DIR, or made ones, from files to files, beside the network alone on the same luma
large   24 and 200 megapixels, by the command: seconds, CPU seconds, highest resident memory

Ways that are compared take turns in one run, so that a busy machine is as bad for each.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from colorunet.batch.images import read_gray
from colorunet.batch.outputs import plan_outputs
from colorunet.batch.runner import ColorizeSettings, run_jobs
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.onnx_network import OnnxNetwork
from colorunet.export.onnx_export import ExportSettings, export_onnx
from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.shipped import shipped_run

PARTS = ("photo", "opencv", "folder", "large")
MADE_PHOTO = (640, 480)


@click.command(help=__doc__)
@click.option("--part", type=click.Choice(PARTS), multiple=True, help="[default: all]")
@click.option(
    "--run", type=click.Path(path_type=Path), help="[default: the network that is shipped]"
)
@click.option("--repeats", default=15, show_default=True, help="Medians of so many.")
@click.option("--threads", default=2, show_default=True, help="Of every library.")
@click.option("--photos", type=click.Path(path_type=Path), help="Folder; int8 is calibrated on it.")
@click.option("--count", default=500, show_default=True, help="Photos of the folder.")
def main(  # noqa: PLR0917 - click passes by name
    part: Sequence[str],
    run: Path | None,
    repeats: int,
    threads: int,
    photos: Path | None,
    count: int,
) -> None:
    """Measure each part and print a line for each figure."""
    torch.set_num_threads(threads)
    folder = run or shipped_run()
    parts = part or PARTS
    with tempfile.TemporaryDirectory() as scratch:
        if "photo" in parts:
            _photo(folder, Path(scratch), photos, repeats, threads)
        if "opencv" in parts:
            _opencv(folder, Path(scratch), repeats, threads)
        if "folder" in parts:
            _folder(folder, Path(scratch), photos, count)
        if "large" in parts:
            _large(Path(scratch))


def _photo(run: Path, scratch: Path, photos: Path | None, repeats: int, threads: int) -> None:
    trained = load_run(run)
    settings = ExportSettings("int8", photos=photos)
    told = export_onnx(trained, scratch / "int8.onnx", settings)
    onnx = Colorizer.load(run, backend="onnx", threads=threads)
    by_torch = Colorizer.load(run, backend="torch")
    int8 = Colorizer(OnnxNetwork(scratch / "int8.onnx", threads=threads), trained.palette)
    luma = np.random.default_rng(0).integers(0, 256, (256, 256), dtype=np.uint8)
    one_pass = Colorizer(OnnxNetwork(run / "network.onnx", threads=threads), trained.palette)
    whole, torch_whole, logits, quantized = _in_turn(
        [
            lambda: onnx.colorize(luma),
            lambda: by_torch.colorize(luma),
            lambda: one_pass.logits(luma),
            lambda: int8.logits(luma),
        ],
        repeats,
    )
    print(f"256 x 256 but for the file: ONNX {whole:.0f} ms, torch {torch_whole:.0f} ms,", end=" ")
    print(f"ratio {whole / torch_whole:.2f}")
    print(f"logits once: ONNX {logits:.0f} ms, int8 {quantized:.0f} ms,", end=" ")
    print(
        f"ratio {quantized / logits:.2f}; int8 colours {told.color_difference:.2f} off (CIEDE2000)"
    )


class _Zhang(nn.Module):
    """Layers as table 4 of Zhang et al. 2016 has them, batch norms folded away: 313 bins at 1/4."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        plan = [(64, 1, 1), (64, 2, 1), (128, 1, 1), (128, 2, 1)]
        plan += [(256, 1, 1), (256, 1, 1), (256, 2, 1)]
        plan += [(512, 1, dilation) for dilation in (1, 2, 2, 1) for _ in range(3)]
        for channels, stride, dilation in plan:
            layers += [nn.Conv2d(before, channels, 3, stride, dilation, dilation), nn.ReLU()]
            before = channels
        layers += [nn.ConvTranspose2d(before, 256, 4, 2, 1), nn.ReLU()]
        layers += [layer for _ in range(2) for layer in (nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU())]
        self.layers = nn.Sequential(*layers, nn.Conv2d(256, 313, 1))

    def forward(self, luma: Tensor) -> Tensor:
        logits: Tensor = self.layers(luma)
        return logits


def _opencv(run: Path, scratch: Path, repeats: int, threads: int) -> None:
    import cv2

    network = _Zhang().eval()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    luma = torch.rand(1, 1, 256, 256)
    file = scratch / "zhang.onnx"
    torch.onnx.export(network, (luma,), str(file), dynamo=False, input_names=["luma"])
    cv2.setNumThreads(threads)
    dnn = cv2.dnn.readNetFromONNX(str(file))
    ours = OnnxNetwork(run / "network.onnx", threads=threads)

    def by_opencv() -> None:
        dnn.setInput(luma.numpy())
        dnn.forward()

    theirs, own = _in_turn([by_opencv, lambda: ours._run(luma.numpy())], repeats)
    print(
        f"one pass: OpenCV {cv2.__version__} {theirs:.0f} ms ({parameters / 1e6:.0f} M random",
        end="",
    )
    print(f" parameters), ours {own:.0f} ms, ratio {own / theirs:.2f}")


def _folder(run: Path, scratch: Path, photos: Path | None, count: int) -> None:
    album = photos or _made(scratch / "album", count)
    colorizer = Colorizer.load(run, backend="onnx")
    jobs = plan_outputs([album], scratch / "out").jobs[:count]
    lumas = [read_gray(job.source.path).luma for job in jobs[: min(50, count)]]
    alone: list[float] = []
    started, cpu = time.perf_counter(), time.process_time()
    for done, (_, outcome) in enumerate(run_jobs(colorizer, jobs, ColorizeSettings())):
        if isinstance(outcome, Exception):
            raise outcome
        if done % (len(jobs) // len(lumas)) == 0 and len(alone) < len(lumas):
            luma = lumas[len(alone)]
            before = time.perf_counter()
            colorizer.chroma(luma)
            alone.append(time.perf_counter() - before)
    whole = time.perf_counter() - started - sum(alone)
    cpu = time.process_time() - cpu
    rate, network = len(jobs) / whole, 1 / statistics.mean(alone)
    print(
        f"folder of {len(jobs)}: {rate:.1f} photos/s, {1000 * cpu / len(jobs):.0f} ms CPU each;",
        end=" ",
    )
    print(
        f"the network on the same luma, between them: {network:.1f}/s, ratio {rate / network:.2f}"
    )


def _made(folder: Path, count: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (12, 16), dtype=np.uint8))
        coarse.resize(MADE_PHOTO, Image.Resampling.BICUBIC).save(folder / f"{number:04d}.jpg")
    return folder


def _large(scratch: Path) -> None:
    rng = np.random.default_rng(0)
    for name, size in (("24", (6000, 4000)), ("200", (20000, 10000))):
        coarse = Image.fromarray(rng.integers(0, 256, (60, 90), dtype=np.uint8))
        path = scratch / f"{name}.jpg"
        coarse.resize(size, Image.Resampling.BICUBIC).save(path, quality=90)
        words = [sys.executable, "-c", _COMMAND, str(path), "-o", str(scratch / "out"), "--json"]
        started = time.perf_counter()
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - started
        assert done.returncode == 0, done.stderr
        used = json.loads(done.stderr.splitlines()[-1])
        print(
            f"{name} megapixels, JPEG to JPEG by the command: {seconds:.1f} s, "
            f"{used['cpu_s']:.1f} s CPU, {used['peak_mb']:.0f} MB"
        )


# The peak is that of its own memory: getrusage's counts what the parent had when it forked.
_COMMAND = """
import atexit, json, pathlib, re, resource, runpy, sys
def tell():
    status = pathlib.Path("/proc/self/status").read_text()
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) * 1024 / 1e6
    print(json.dumps({"peak_mb": peak, "cpu_s": used.ru_utime + used.ru_stime}), file=sys.stderr)
atexit.register(tell)
runpy.run_module("colorunet", run_name="__main__", alter_sys=True)
"""


def _in_turn(ways: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Return the median milliseconds of each way; they take turns."""
    times: list[list[float]] = [[] for _ in ways]
    for turn in range(repeats + 2):
        for way, kept in zip(ways, times, strict=True):
            started = time.perf_counter()
            way()
            if turn > 1:
                kept.append(1000 * (time.perf_counter() - started))
    return [statistics.median(kept) for kept in times]


if __name__ == "__main__":
    main()
