"""Speed of a step, beside the textbook loop and the machine's limits; on CPU and GPU.

\b
    python benchmarks/bench_train.py [--device cuda] [--batch 48] [--size 256] [--repeats 3]
    python benchmarks/bench_train.py --network small      # only this one; may be given again
    python benchmarks/bench_train.py --shards SHARDS      # also: how long a step waits for samples
    python benchmarks/bench_train.py --compile            # also: torch.compile
    python benchmarks/bench_train.py --processes 2 --shards SHARDS --batch 16
    python benchmarks/bench_train.py --grid cost.png      # cost against size and batch, as a plot

The textbook loop is eager, float32 (TF32 on a GPU), NCHW, with a float target as large as the
logits. Both ways take turns on the same random batch; medians are printed. On a CPU the time is
CPU time of one thread, so that other work on the machine counts less.

`--processes 2` measures something else, by the clock, so on a quiet machine only: fits of the same
network with the same batch, in one process and in two that torchrun starts (gloo on a CPU), one
thread each. Its efficiency is the rate of the two over twice that of the one.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from naive_loss import naive_weighted_cross_entropy
from torch import nn

from colorcore import Palette
from colorunet.networks import PixelClassifier, build_network
from colorunet.networks.cost import activation_bytes, count_flops
from trainer.config.recipe import Recipe
from trainer.training.compute import compiled, make_autocast, prepare
from trainer.training.losses import (
    Targets,
    training_loss,
    weighted_cross_entropy,
)
from trainer.training.optimizer import ParameterAverage, make_optimizer
from trainer.training.validation import coarse_bins

BINS = 32
FORWARD_AND_BACKWARD = 3  # a backward pass costs about two forward ones
NOT_MEASURED = "not measured"
NETWORKS = {  # recipe and what is changed in it
    "poster, norm = pixel": ("poster", ["norm=pixel"]),
    "poster": ("poster", []),
    "small": ("small", []),
    "colorunet-listed": ("colorunet-listed", []),
}
PLOTTED = "small"


@dataclass(frozen=True)
class Case:
    """A recipe's network at a size and batch, on a device."""

    recipe: Recipe
    size: int
    batch: int
    device: torch.device

    @classmethod
    def named(cls, name: str, size: int, batch: int, device: torch.device) -> "Case":
        """One of the networks above."""
        recipe, overrides = NETWORKS[name]
        return cls(Recipe.load(recipe).with_overrides(overrides), size, batch, device)

    def network(self) -> PixelClassifier:
        """Build the network, always with the same parameters."""
        torch.manual_seed(0)
        return build_network(self.recipe.network, bins=BINS, size=self.size)

    def samples(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Uint8 luma and bins."""
        generator = torch.Generator().manual_seed(0)
        shape = (self.batch, self.size, self.size)
        luma = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
        bins = torch.randint(0, BINS, shape, dtype=torch.uint8, generator=generator)
        return luma.to(self.device), bins.to(self.device)


def palette() -> Palette:
    """Any palette of the right size."""
    rng = np.random.default_rng(0)
    return Palette(centers=rng.uniform(-0.4, 0.4, (BINS, 2)), prior=rng.dirichlet(np.ones(BINS)))


def our_step(case: Case, *, compile_it: bool = False) -> Callable[[], None]:
    """A step as `trainer fit` takes it."""
    network = prepare(case.network(), case.device)
    forward: nn.Module = compiled(network, "on" if compile_it else "off", case.device)
    optimizer = make_optimizer(network, case.recipe.optimizer)
    average = ParameterAverage(network, case.recipe.optimizer.ema)
    autocast = make_autocast(case.recipe.compute.precision, case.device)
    targets = Targets.of(palette(), case.recipe.loss, case.device)
    luma, bins = case.samples()

    def step() -> None:
        x = luma[:, None].to(torch.float32).mul_(1 / 255)
        x = x.contiguous(memory_format=torch.channels_last)
        ids = coarse_bins(bins, network.logits_stride) if case.recipe.loss.coarse else bins
        with autocast():
            logits = forward(x, coarse=case.recipe.loss.coarse)
        scale = 1 / ids.numel()
        training_loss(logits, ids, targets, scale=scale).backward()
        if case.recipe.optimizer.clip_norm:
            nn.utils.clip_grad_norm_(network.parameters(), case.recipe.optimizer.clip_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update_parameters(network)

    return step


def textbook_step(case: Case) -> Callable[[], None]:
    """The textbook step: logits at full resolution, a float target, plain Adam."""
    network = case.network().to(case.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    targets = Targets.of(palette(), case.recipe.loss, case.device)
    luma, bins = case.samples()

    def step() -> None:
        optimizer.zero_grad()
        logits = network(luma[:, None].float() / 255)
        naive_weighted_cross_entropy(logits, bins, targets, scale=1 / bins.numel()).backward()
        optimizer.step()

    return step


def seconds(
    steps: dict[str, Callable[[], None]], repeats: int, device: torch.device
) -> dict[str, float]:
    """Median seconds of each way, which take turns; the first round isn't counted."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    for number in range(repeats + 1):
        for name, step in steps.items():
            _synchronize(device)
            started = clock()
            step()
            _synchronize(device)
            if number:
                taken[name].append(clock() - started)
    return {name: statistics.median(values) for name, values in taken.items()}


def limits(device: torch.device) -> tuple[float, float]:
    """Measured rates: operations a second of a large bfloat16 product, bytes a second of a copy."""
    edge = 8192 if device.type == "cuda" else 1024
    a = torch.randn(edge, edge, device=device, dtype=torch.bfloat16)
    source = torch.empty((1 << 28) if device.type == "cuda" else (1 << 25), device=device)
    target = torch.empty_like(source)

    def product() -> None:
        torch.mm(a, a)

    def copy() -> None:
        target.copy_(source)

    took = seconds({"product": product, "copy": copy}, 5, device)
    return 2 * edge**3 / took["product"], 2 * source.nbytes / took["copy"]


def roofline_seconds(case: Case, operations_s: float, bytes_s: float) -> float:
    """Least time of a step: its operations, or writing and reading its activations."""
    network = case.network()
    operations = FORWARD_AND_BACKWARD * count_flops(network, size=case.size) * case.batch
    moved = FORWARD_AND_BACKWARD * activation_bytes(network, size=case.size) / 2 * case.batch
    return max(operations / operations_s, moved / bytes_s)


def loss_table(case: Case, repeats: int) -> str:
    """The loss alone, both ways: time and memory."""
    luma, bins = case.samples()
    del luma
    targets = Targets.of(palette(), case.recipe.loss, case.device)
    logits = torch.randn(case.batch, BINS, case.size, case.size, device=case.device)
    logits = logits.contiguous(memory_format=torch.channels_last)
    ways = {"one pass": weighted_cross_entropy, "naive": naive_weighted_cross_entropy}

    def run(function: Callable[..., torch.Tensor]) -> None:
        z = logits.detach().requires_grad_()
        function(z, bins, targets, scale=1 / bins.numel()).backward()

    took = seconds({name: (lambda f=f: run(f)) for name, f in ways.items()}, repeats, case.device)
    memory = {name: _peak_mib(lambda f=f: run(f), case.device) for name, f in ways.items()}
    lines = [
        f"| loss, {case.batch} × {BINS} × {case.size}² | ms | MiB beyond the logits |",
        "|---|---:|---:|",
    ]
    lines += [f"| {name} | {1e3 * took[name]:.0f} | {memory[name]:.0f} |" for name in ways]
    return "\n".join(lines)


def _peak_mib(run: Callable[[], None], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        return (torch.cuda.max_memory_allocated(device) - before) / 2**20
    with torch.profiler.profile(profile_memory=True) as profile:
        run()
    now = highest = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            highest = max(highest, now)
    return highest / 2**20


def waiting_share(shards: str, case: Case, steps: int = 40, longest_s: float = 30) -> float:
    """Share of a fit's loop that is spent waiting for samples, shards read by workers.

    The crop is the recipe's own.
    """
    from trainer.data.sampler import Position
    from trainer.data.shard_set import ShardSet
    from trainer.training.distributed import World
    from trainer.training.fit_data import FitData
    from trainer.training.learner import Learner

    settings = [f"batch_size={case.batch}", "verify=false", "workers=-1"]
    recipe = case.recipe.with_overrides(settings)
    data = FitData.open(ShardSet.open(Path(shards)), recipe, World(device=case.device))
    size, total = data.crop_size, data.total_steps
    learner = Learner.build(recipe, data.palette, data.world, size=size, total_steps=total)
    stream = data.batches(Position())
    next(stream)
    waited = 0.0
    started = time.perf_counter()
    for step in range(steps):
        before = time.perf_counter()
        if before - started > longest_s:
            break
        batch = next(stream)
        waited += time.perf_counter() - before
        learner.backward(batch)
        learner.update(step)
    _synchronize(case.device)
    return waited / (time.perf_counter() - started)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def step_table(
    cases: dict[str, Case], *, repeats: int, compile_it: bool, shards: str | None
) -> str:
    """One row a network: rates of both ways, their ratio, the share of the machine's limit."""
    device = next(iter(cases.values())).device
    operations_s, bytes_s = limits(device)
    lines = [
        f"Limits measured: {operations_s / 1e12:.2f} TFLOP/s (bfloat16 product), "
        f"{bytes_s / 1e9:.0f} GB/s (copy).\n",
        "| network | img/s | textbook img/s | ratio | of roofline | compiled img/s | waiting |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, case in cases.items():
        ways = {"ours": our_step(case), "textbook": textbook_step(case)}
        if compile_it:
            ways["compiled"] = our_step(case, compile_it=True)
        took = seconds(ways, repeats, device)
        share = roofline_seconds(case, operations_s, bytes_s) / took["ours"]
        faster = f"{case.batch / took['compiled']:.1f}" if compile_it else NOT_MEASURED
        waits = f"{waiting_share(shards, case):.1%}" if shards else NOT_MEASURED
        lines.append(
            f"| {name} | {case.batch / took['ours']:.1f} | {case.batch / took['textbook']:.1f} "
            f"| {took['textbook'] / took['ours']:.2f} | {share:.0%} | {faster} | {waits} |"
        )
    return "\n".join(lines)


def process_table(
    names: list[str],
    shards: str,
    *,
    processes: int,
    device: str,
    batch: int,
    size: int,
    rounds: int,
) -> str:
    """One row a network: the rate of a fit alone and in several processes, and their ratio."""
    lines = [
        f"| fit, batch {batch} at {size}² in all | 1 process, img/s "
        f"| {processes} processes, img/s | efficiency |",
        "|---|---:|---:|---:|",
    ]
    for name in names:
        recipe, overrides = NETWORKS[name]
        words = [shards, "--recipe", recipe, "--device", device]
        words += ["--batch", str(batch), "--size", str(size)]
        words += [word for override in overrides for word in ("--set", override)]
        measured: dict[int, list[float]] = {1: [], processes: []}
        for _ in range(rounds):  # in turns, each in new processes
            for count, rates in measured.items():
                rates.append(_fit_rate(count, words))
        alone, shared = (statistics.median(rates) for rates in measured.values())
        lines.append(f"| {name} | {alone:.1f} | {shared:.1f} | {shared / processes / alone:.2f} |")
    return "\n".join(lines)


def _fit_rate(processes: int, words: list[str]) -> float:
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone"]
        start += ["--nproc-per-node", str(processes)]
    command = [*start, str(Path(__file__).parent / "fit_rate.py"), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return float(json.loads(done.stdout.splitlines()[-1])["images_per_s"])


def draw_grid(path: Path, device: torch.device, repeats: int) -> str:
    """What an image costs in time and memory against its size and the batch: plot and table."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    figure = Figure(figsize=(9, 4), layout="constrained")
    time_axes, memory_axes = figure.subplots(1, 2)
    sizes = (64, 128, 256) if device.type == "cpu" else (128, 256, 512)
    lines = [
        f"| {PLOTTED}: batch | image size, px | ms an image | MiB beyond network and optimizer |",
        "|---:|---:|---:|---:|",
    ]
    for batch in (1, 4, 16) if device.type == "cpu" else (8, 48, 192):
        milliseconds, mebibytes = [], []
        for size in sizes:
            step = our_step(Case.named(PLOTTED, size, batch, device))
            milliseconds.append(1e3 * seconds({"ours": step}, repeats, device)["ours"] / batch)
            mebibytes.append(_peak_mib(step, device))
            lines.append(f"| {batch} | {size} | {milliseconds[-1]:.1f} | {mebibytes[-1]:.0f} |")
        time_axes.plot(sizes, milliseconds, marker="o", label=f"batch {batch}")
        memory_axes.plot(sizes, mebibytes, marker="o", label=f"batch {batch}")
    clock = "CPU time of one thread" if device.type == "cpu" else torch.cuda.get_device_name(device)
    time_axes.set(ylabel=f"ms an image ({clock})", title="Time of a training step")
    memory_axes.set(ylabel="MiB beyond network and optimizer", title="Peak memory of a step")
    for axes in (time_axes, memory_axes):
        axes.set(xlabel="image size, px", xscale="log", yscale="log")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(f"Network {PLOTTED}")
    figure.savefig(path, dpi=150)
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--device", default="cpu", show_default=True)
@click.option("--batch", default=48, show_default=True)
@click.option("--size", default=256, show_default=True, help="Edge of an image in pixels.")
@click.option("--repeats", default=3, show_default=True, help="Medians of so many.")
@click.option("--compile", "compile_it", is_flag=True, help="Also torch.compile.")
@click.option("--shards", help="Also how long a fit waits for samples from here.")
@click.option("--network", "networks", multiple=True, type=click.Choice(list(NETWORKS)))
@click.option("--processes", type=click.IntRange(min=2), help="The rate of so many instead.")
@click.option("--grid", type=click.Path(path_type=Path), help="The plot of costs instead.")
def main(
    *,
    device: str,
    batch: int,
    size: int,
    repeats: int,
    compile_it: bool,
    shards: str | None,
    networks: tuple[str, ...],
    processes: int | None,
    grid: Path | None,
) -> None:
    """Measure and print tables."""
    names = list(networks) or list(NETWORKS)
    on = torch.device(device)
    if on.type == "cpu":
        torch.set_num_threads(1)
    if grid:
        print(draw_grid(grid, on, repeats))
        return
    if processes:
        if not shards:
            raise click.UsageError("--processes needs --shards, which the fits read")
        settings = {"device": device, "batch": batch, "size": size}
        settings |= {"processes": processes, "rounds": repeats}
        print(process_table(names, shards, **settings))
        return
    cases = {name: Case.named(name, size, batch, on) for name in names}
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else "one CPU thread"
    print(f"{name}, torch {torch.__version__}, batch {batch}, {size}²\n")
    print(step_table(cases, repeats=repeats, compile_it=compile_it, shards=shards))
    print()
    print(loss_table(Case.named("poster", size, min(batch, 16), on), repeats))


if __name__ == "__main__":
    main()
