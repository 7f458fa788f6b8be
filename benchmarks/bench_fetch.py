"""Cost and fault tolerance of a Flickr fetch, against the project's own server on loopback.

    python benchmarks/bench_fetch.py rate      photos/s, and the same downloads by bare requests
    python benchmarks/bench_fetch.py memory    resident memory over a fetch of 10,000 photos
    python benchmarks/bench_fetch.py faults    every fault injected: photos lost, doubled, broken
    python benchmarks/bench_fetch.py kills     50 SIGKILLs of one fetch against an undisturbed one

Each prints a Markdown table. The server runs in a process of its own, with the photographs that the
scikit-image and scikit-learn wheels ship.
"""

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import requests
from PIL import Image

from dataprep.photos.folder import PhotoFolder

_ROOT = Path(__file__).parents[1]
_ENVIRONMENT = {**os.environ, "FLICKR_API_KEY": "any", "FLICKR_API_SECRET": "any"}
_NAMES = ("skimage/data/astronaut.png", "skimage/data/chelsea.png", "skimage/data/coffee.png")
_NAMES += ("skimage/data/rocket.jpg", "sklearn/datasets/images/china.jpg")
_NAMES += ("sklearn/datasets/images/flower.jpg",)


@click.group()
def main() -> None:
    """Measure dataprep fetch-flickr."""


@contextlib.contextmanager
def _server(scratch: Path, *options: str) -> Iterator[str]:
    photos = scratch / "demo"
    photos.mkdir(exist_ok=True)
    for name in _NAMES:
        package, _, path = name.partition("/")
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        shutil.copy(Path(spec.origin).parent / path, photos)
    process = subprocess.Popen(
        [_ROOT / "tools" / "flickr-server", "--photos", photos, *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-fetch-") as folder:
        yield Path(folder)


def _command(url: str, out: Path, *options: str) -> list[str]:
    program = [sys.executable, "-m", "dataprep", "fetch-flickr", "--api-url", url]
    return [*program, "--out", str(out), "--json", *options]


def _fetch(url: str, out: Path, *options: str) -> Any:
    done = subprocess.run(
        _command(url, out, *options), env=_ENVIRONMENT, check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def _stats(url: str) -> Any:
    with urllib.request.urlopen(url.replace("/services/rest/", "/stats")) as answer:
        return json.load(answer)


@main.command()
@click.option("--count", default=600)
@click.option("--threads", default=16)
@click.option("--latencies", default="0.2,0.1,0", help="Seconds that the server takes.")
def rate(count: int, threads: int, latencies: str) -> None:
    """Photos a second, and the ratio to bare requests threads."""
    print("| server's answer after | bare requests | fetch-flickr | ratio |\n|---|---|---|---|")
    for latency in latencies.split(","):
        with _scratch() as scratch:
            size = str(count)
            options = ("--tags", "beach", "--per-tag", str(2 * count), "--latency", latency)
            with _server(scratch, *options) as url:
                plan = ("--tags", "beach", "--count", size, "--image-rate", "1000")
                plan += ("--concurrency", str(threads))
                _fetch(url, scratch / "warm", *plan)  # the server renders every photo once
                urls = [p.image_url for p in PhotoFolder(scratch / "warm").kept()]
                ours, bare = [], []
                for run in range(3):
                    bare.append(_bare(urls, threads))
                    ours.append(_paced(url, scratch / f"out-{run}", plan, len(urls)))
        a, b = statistics.median(bare), statistics.median(ours)
        print(f"| {1000 * float(latency):.0f} ms | {a:.0f}/s | {b:.0f}/s | {b / a:.2f} |")


def _bare(urls: list[str], threads: int) -> float:
    """Threads with a pooled session that keep the bytes: no check, no file, no decision."""
    with requests.Session() as session, ThreadPoolExecutor(threads) as pool:
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=threads)
        session.mount("http://", adapter)
        start = time.perf_counter()
        sizes = list(pool.map(lambda url: len(session.get(url, timeout=30).content), urls))
        assert min(sizes) > 0
        return len(urls) / (time.perf_counter() - start)


def _paced(url: str, out: Path, plan: tuple[str, ...], count: int) -> float:
    """From the first image asked for to the manifest written: the command's start isn't counted."""
    process = subprocess.Popen(
        _command(url, out, *plan), env=_ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    while not any((out / "flickr").glob("*")):
        time.sleep(0.002)
    start = time.perf_counter()
    while not (out / "ATTRIBUTION.md").exists():
        time.sleep(0.002)
    took = time.perf_counter() - start
    process.wait()
    return count / took


@main.command()
@click.option("--count", default=10_000)
def memory(count: int) -> None:
    """Resident memory of the process, sampled while it fetches."""
    with _scratch() as scratch:
        tags = "landscape,beach,mountains,nature,sunset,sunrise"
        options = ("--tags", tags, "--per-tag", str(count // 2), "--step", "600")
        with _server(scratch, *options) as url:
            start = time.perf_counter()
            process = subprocess.Popen(
                _command(
                    *(url, scratch / "out", "--tags", tags, "--count", str(count)),
                    *("--image-rate", "1000", "--max-edge", "500"),  # small ones: quicker served
                ),
                env=_ENVIRONMENT,
                stdout=subprocess.PIPE,
                text=True,
            )
            samples = []
            while process.poll() is None:
                done = len(list((scratch / "out").glob("flickr/*.jpg")))
                samples.append((done, _resident_mb(process.pid)))
                time.sleep(0.5)
            assert process.stdout is not None
            summary = json.load(process.stdout)
            took = time.perf_counter() - start
    first = next(mb for done, mb in samples if done >= count // 100)
    print("| photos in the folder | resident MB |\n|---|---|")
    for share in (0.01, 0.25, 0.5, 0.75, 1.0):
        done, mb = min(samples, key=lambda sample: abs(sample[0] - share * count))
        print(f"| {done} | {mb:.0f} |")
    last = samples[-1][0]
    before_end = max(mb for done, mb in samples if done < last)
    peak = max(mb for _, mb in samples)
    print(f"\nHighest before the last photo: {before_end:.0f} MB.")
    print(f"\n{summary['kept']} photos in {took:.0f} s; peak {peak:.0f} MB, {peak - first:.0f} MB")
    print(f"above the first {count // 100} photos")


def _resident_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


@main.command()
@click.option("--count", default=90)
@click.option("--share", default=0.25, help="Of the requests that get the fault.")
def faults(count: int, share: float) -> None:
    """One fetch for each fault, compared with an undisturbed one."""
    from flickr_server.faults import API_FAULTS, IMAGE_FAULTS

    kinds = [f"api:{kind}" for kind in API_FAULTS] + [f"image:{kind}" for kind in IMAGE_FAULTS]
    print("| fault | injected | photos lost | doubled | broken |\n|---|---|---|---|---|")
    with _scratch() as scratch:
        base = ("--tags", "beach,nature,sunset", "--per-tag", "560", "--step", "61")
        plan = ("--tags", "beach,nature,sunset", "--count", str(count), "--image-rate", "1000")
        with _server(scratch, *base) as url:
            _fetch(url, scratch / "calm", *plan)
        calm = _contents(scratch / "calm")
        for kind in [*kinds, "all of them"]:
            fault = ("--fault", f"{kind}={share}") if kind in kinds else ("--faults", str(share))
            disorder = ("--unstable", "--total-types", "--overcount", "0.4", "--hang", "12")
            out = scratch / kind.replace(":", "-")
            with _server(scratch, *base, *fault, *disorder) as url:
                _fetch(url, out, *plan)
                injected = sum(_stats(url)["injected"].values())
            lost, doubled, broken = _compare(calm, out)
            print(f"| {kind} | {injected} | {lost} | {doubled} | {broken} |", flush=True)


def _contents(out: Path) -> dict[str, str]:
    files = sorted((out / "flickr").iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _compare(calm: dict[str, str], out: Path) -> tuple[int, int, int]:
    """Return how many photos are missing, there twice or beyond the calm set, or not whole."""
    here = _contents(out)
    rows = PhotoFolder(out).kept()
    lost = len(calm.keys() - here.keys())
    doubled = len(here) - len(set(here.values())) + len(here.keys() - calm.keys())
    broken = sum(here.get(f"{row.source_id}.jpg") != row.sha256 for row in rows)
    broken += len({row.path for row in rows} ^ {f"flickr/{name}" for name in here})
    for path in (out / "flickr").iterdir():
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            image.load()  # raises where it is truncated
    return lost, doubled, broken


@main.command()
@click.option("--kills", "wanted", default=50)
@click.option("--count", default=400)
def kills(wanted: int, count: int) -> None:
    """SIGKILL one fetch again and again at random instants, then let it finish."""
    rng = random.Random(0)
    with _scratch() as scratch:
        base = ("--tags", "beach,nature,sunset", "--per-tag", "700", "--step", "61")
        plan = ("--tags", "beach,nature,sunset", "--count", str(count), "--concurrency", "8")
        with _server(scratch, *base) as url:
            _fetch(url, scratch / "calm", *plan, "--image-rate", "1000")
        killed = 0
        with _server(scratch, *base, "--unstable") as url:
            command = _command(url, scratch / "out", *plan, "--image-rate", "12")
            while killed < wanted:
                process = subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL)
                time.sleep(rng.uniform(0.5, 1.8))
                killed += process.poll() is None
                process.kill()
                process.wait()
            _fetch(url, scratch / "out", *plan, "--image-rate", "1000")
            asked = _stats(url)
        lost, doubled, broken = _compare(_contents(scratch / "calm"), scratch / "out")
        print("| kills | photos | images asked for | API calls | lost | doubled | broken |")
        print("|---|---|---|---|---|---|---|")
        images, calls = asked["image_requests"], asked["api_calls"]
        print(f"| {killed} | {count} | {images} | {calls} | {lost} | {doubled} | {broken} |")


if __name__ == "__main__":
    sys.path.insert(0, str(_ROOT / "tools"))
    main()
