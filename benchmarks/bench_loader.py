"""Rate of the loader, beside the bare decoding and other ways to read shards.

\b
    python benchmarks/bench_loader.py SHARDS [--photos PHOTOS] [--batches 40]

One process on one core throughout; the ways take turns, and the median of the rounds is printed.
``--photos`` adds a folder of photos read the usual way: decoded, resized, cropped, its bins found
on the fly.
"""

import io
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import torch
import webdataset as wds
import zstandard
from PIL import Image

from colorcore import Palette, rgb_to_yuv, uv_to_bins
from trainer.data.loader import Augmentation, batches
from trainer.data.sample_store import SampleStore
from trainer.data.sampler import BatchSampler, Position
from trainer.data.shard_set import ShardSet

BATCH = 16
ROUNDS = 5


def bare_decoding(store: SampleStore, count: int) -> Callable[[], int]:
    """The decode calls alone, on the very bytes, already in memory."""
    raw = [store.read(number) for number in range(count)]

    def run() -> int:
        for sample in raw:
            name = "y.jpg" if "y.jpg" in sample else "y.png"
            np.asarray(Image.open(io.BytesIO(sample[name])))
            data = zstandard.ZstdDecompressor().decompress(sample["bins.zst"])
            np.frombuffer(data, dtype=np.uint8)
        return len(raw)

    return run


def this_loader(
    shard_set: ShardSet, store: SampleStore, count: int, crop: int
) -> Callable[[], int]:
    """The project's loader, in the main process."""
    sampler = BatchSampler(shard_sizes=store.sizes, batch_size=BATCH, seed=0)

    def run() -> int:
        seen = 0
        stream = batches(
            store,
            sampler,
            bins=shard_set.palette.n,
            size=shard_set.size,
            start=Position(),
            epochs=100,
            augmentation=Augmentation(crop=crop, flip=crop > 0),
        )
        for batch in stream:
            seen += len(batch.keys)
            if seen >= count:
                return seen
        return seen

    return run


def plain_webdataset(shard_set: ShardSet, count: int) -> Callable[[], int]:
    """webdataset's own pipeline over the same shards, with the same decoding and stacking."""
    urls = [str(shard_set.path / shard.file) for shard in shard_set.shards("train")]

    def decode(sample: dict[str, bytes]) -> tuple[np.ndarray, np.ndarray]:
        luma = np.asarray(Image.open(io.BytesIO(sample["y.jpg"])))
        bins = np.frombuffer(zstandard.ZstdDecompressor().decompress(sample["bins.zst"]), np.uint8)
        return luma, bins.reshape(luma.shape)

    def run() -> int:
        dataset = wds.WebDataset(urls, shardshuffle=100).shuffle(1000).map(decode).batched(BATCH)
        seen = 0
        for luma, _bins in dataset:
            torch.from_numpy(luma)
            seen += len(luma)
            if seen >= count:
                return seen
        return seen

    return run


def folder_with_binning(photos: Path, palette: Palette, size: int, count: int) -> Callable[[], int]:
    """torchvision's way: open a photo, resize, crop, convert, find each pixel's bin, stack."""
    paths = sorted(path for path in photos.rglob("*.jpg"))

    def one(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
        with Image.open(path) as image:
            rgb = image.convert("RGB")
        scale = size / min(rgb.size)
        edges = (max(size, round(rgb.width * scale)), max(size, round(rgb.height * scale)))
        rgb = rgb.resize(edges, Image.Resampling.BILINEAR).crop((0, 0, size, size))
        yuv = rgb_to_yuv(np.asarray(rgb, dtype=np.float32) / 255)
        return torch.from_numpy(yuv[..., 0]), torch.from_numpy(uv_to_bins(yuv[..., 1:], palette))

    def run() -> int:
        chosen = [paths[i % len(paths)] for i in range(max(BATCH, count // 8))]
        for at in range(0, len(chosen), BATCH):
            pairs = [one(path) for path in chosen[at : at + BATCH]]
            torch.stack([luma for luma, _ in pairs])
        return len(chosen)

    return run


def rates(ways: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Samples a second of each way: CPU time, so that other work on the machine counts less."""
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, run in ways.items():
            started = time.process_time()
            count = run()
            if number:  # the first round warms caches up
                measured[name].append(count / (time.process_time() - started))
    return {name: statistics.median(values) for name, values in measured.items()}


def memory_growth(stream: Iterator[object], batches_: int) -> tuple[float, float]:
    """MiB of memory of the process's own after a tenth of the batches, and after all.

    Pages of mapped shards are the system's file cache and left out.
    """
    early = 0.0
    for number, _ in zip(range(batches_), stream, strict=False):
        if number == batches_ // 10:
            early = _anonymous_mib()
    return early, _anonymous_mib()


def _anonymous_mib() -> float:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) / 1024
    return float("nan")


@click.command(help=__doc__)
@click.argument("shards")
@click.option(
    "--photos", type=click.Path(path_type=Path), help="Also read the usual way from this folder."
)
@click.option("--batches", "batch_count", default=40, show_default=True, help="A round reads.")
def main(shards: str, photos: Path | None, batch_count: int) -> None:
    """Measure and print a table."""
    torch.set_num_threads(1)
    shard_set = ShardSet.open(shards)
    store = SampleStore(shard_set, "train", verify=False)
    count = BATCH * batch_count
    ways = {
        "bare decode calls": bare_decoding(store, count),
        "this loader": this_loader(shard_set, store, count, 0),
        "this loader, crops of 128 and flips": this_loader(shard_set, store, count, 128),
        "plain webdataset": plain_webdataset(shard_set, count),
    }
    if photos:
        ways["folder, binned on the fly"] = folder_with_binning(
            photos, shard_set.palette, shard_set.size, count
        )
    measured = rates(ways)
    own = measured["this loader"]
    print("| way | samples/s and core | this loader ÷ it |\n|---|---:|---:|")
    for name, rate in measured.items():
        print(f"| {name} | {rate:,.0f} | {own / rate:.2f} |")
    sampler = BatchSampler(shard_sizes=store.sizes, batch_size=BATCH, seed=0)
    stream = batches(
        store, sampler, bins=shard_set.palette.n, size=shard_set.size, start=Position(), epochs=1000
    )
    early, late = memory_growth(stream, 20 * batch_count)
    print(
        f"\nOwn memory: {early:.0f} MiB after {2 * batch_count} batches, "
        f"{late:.0f} MiB after {20 * batch_count}."
    )


if __name__ == "__main__":
    main()
