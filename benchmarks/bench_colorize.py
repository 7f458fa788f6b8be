"""How long the shipped network takes for a photo, beside its convolutions alone; CPU or GPU.

python benchmarks/bench_colorize.py [--run RUN] [--edge 256] [--repeats 30] [--threads 2]

A photo of that size in memory goes through everything that `trainer colorize` does but for reading
and writing the file. The limit shown is one forward pass of the network on the same luma.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch

from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.shipped import shipped_run
from colorunet.prediction.colorizer import Colorizer


@click.command(help=__doc__)
@click.option(
    "--run", type=click.Path(path_type=Path), help="[default: the network that is shipped]"
)
@click.option("--edge", default=256, show_default=True, help="Of the photo, in pixels.")
@click.option("--repeats", default=30, show_default=True, help="Medians of so many.")
@click.option("--threads", default=2, show_default=True, help="Of torch.")
def main(run: Path | None, edge: int, repeats: int, threads: int) -> None:
    """Time both ways in turn and print medians."""
    torch.set_num_threads(threads)
    trained = load_run(run or shipped_run())
    colorizer = Colorizer.of_run(trained)
    plain = Colorizer(trained.network, trained.palette, device=colorizer.device)
    rng = np.random.default_rng(0)
    luma = rng.integers(0, 256, (edge, edge), dtype=np.uint8)
    whole = [_seconds(lambda: colorizer.colorize(luma)) for _ in range(repeats + 3)][3:]
    bare = [_seconds(lambda: plain.logits(luma)) for _ in range(repeats + 3)][3:]
    total, network = statistics.median(whole), statistics.median(bare)
    where = f"{colorizer.device.type}, {threads} threads, {edge} x {edge}"
    print(f"{where}: {total * 1000:.0f} ms a photo, slowest {max(whole) * 1000:.0f} ms")
    print(f"the network alone {network * 1000:.0f} ms: {total / network:.2f} times that")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
