"""How long the shipped network takes for a photo, beside its convolutions alone; CPU or GPU.

python benchmarks/bench_colorize.py [--run RUN] [--edge 256] [--repeats 30] [--threads 2]

A photo of that size in memory goes through everything that `trainer colorize` does but for reading
and writing the file. The limit shown is one forward pass of the network on the same luma.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.shipped import shipped_run
from colorunet.prediction.colorizer import Colorizer


def main() -> None:
    """Time both ways in turn and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="[the shipped network]")
    parser.add_argument("--edge", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    trained = load_run(given.run or shipped_run())
    colorizer = Colorizer.of_run(trained)
    plain = Colorizer(trained.network, trained.palette, device=colorizer.device)
    rng = np.random.default_rng(0)
    luma = rng.integers(0, 256, (given.edge, given.edge), dtype=np.uint8)
    whole = [_seconds(lambda: colorizer.colorize(luma)) for _ in range(given.repeats + 3)][3:]
    bare = [_seconds(lambda: plain.logits(luma)) for _ in range(given.repeats + 3)][3:]
    total, network = statistics.median(whole), statistics.median(bare)
    where = f"{colorizer.device.type}, {given.threads} threads, {given.edge} x {given.edge}"
    print(f"{where}: {total * 1000:.0f} ms a photo, slowest {max(whole) * 1000:.0f} ms")
    print(f"the network alone {network * 1000:.0f} ms: {total / network:.2f} times that")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
