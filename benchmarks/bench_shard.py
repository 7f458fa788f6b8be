"""Cost of ``dataprep shard``, beside the bare codecs, img2dataset and pillow-simd.

python benchmarks/bench_shard.py --photos PHOTOS

PHOTOS is a photo folder of ``dataprep import``; its photographs are brought to 800 × 533 JPEGs. All
times are CPU seconds of one core, medians over rounds in which the parties take turns, so that what
else the machine does meets all of them. img2dataset and pillow-simd live in environments of their
own, made on the first run under --cache and left there; ``--ours`` leaves both out. ``--memory``
runs 1,000 and 20,000 photos through the command instead and follows its workers' resident memory.
"""

import hashlib
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import zstandard
from PIL import Image, features

from colorcore import Palette
from colorcore.measures import psnr
from colorfiles.engines.local import LocalEngine
from colorfiles.storage import Storage
from dataprep.palettes.learning import PaletteSettings, fit_palette
from dataprep.photos.color_counts import ColorCounts
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.imaging import decode_photo
from dataprep.photos.rows import Photo
from dataprep.photos.splits import SplitRatios
from dataprep.shards.samples import ZSTD_LEVEL, SampleMaker, encode_jpeg, resized_photo
from dataprep.shards.views import ViewSettings, cut, cut_luma, plan_views, resize_short_edge
from dataprep.shards.writing import ShardSettings, write_shards

SHAPE = (800, 533)
SETTINGS = ViewSettings()
ALL_TRAIN = ShardSettings(SETTINGS, ratios=SplitRatios(test=0, val=0))
DRAFT = (384, 256)
PILLOW_STAGES = """
import io, json, statistics, sys, time
from pathlib import Path
import PIL
from PIL import Image
photos = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]
def decode(data):
    image = Image.open(io.BytesIO(data)); image.draft("RGB", (384, 256)); image.load(); return image
def resize(image):
    return image.resize((384, 256), Image.LANCZOS, box=(0, 0, 400, 266.5))
def encode(image):
    image.save(io.BytesIO(), "JPEG", quality=95)
def timed(function, items):
    start = time.process_time(); results = [function(item) for item in items]
    return results, (time.process_time() - start) / len(items) * 1e3
rounds = []
for _ in range(5):
    decoded, a = timed(decode, photos); resized, b = timed(resize, decoded)
    luma = [image.convert("L").crop((64, 0, 320, 256)) for image in resized]
    _, c = timed(encode, luma); rounds.append((a, b, 5 * c))
print(json.dumps([PIL.__version__] + [statistics.median(r) for r in zip(*rounds)]))
"""


def make_photos(source: Path, target: Path, count: int) -> PhotoFolder:
    """Bring wide photographs to 800 × 533, quality 90; again from the first where they run out."""
    originals = PhotoFolder(source)
    wide = [photo for photo in originals.kept() if photo.width > photo.height][:count]
    folder = PhotoFolder(target, create=True)
    for number in range(count):
        original = originals.read(wide[number % len(wide)])
        buffer = io.BytesIO()
        image = decode_photo(original).resize(SHAPE, Image.Resampling.LANCZOS)
        image.save(buffer, "JPEG", quality=90)
        data = buffer.getvalue()
        photo = Photo(
            key=f"folder-{number}",
            source="folder",
            source_id=str(number),
            path=f"folder/{number:06d}.jpg",
            sha256=hashlib.sha256(data).hexdigest(),
            width=SHAPE[0],
            height=SHAPE[1],
            bytes=len(data),
            fetched_at="2026-01-01T00:00:00Z",
        )
        folder.add(photo, data)
    folder.commit()
    return folder


def learn(folder: PhotoFolder) -> Palette:
    images = (resized_photo(folder.read(p), SETTINGS) for p in folder.kept()[:100])
    return fit_palette(ColorCounts.of_images(images), PaletteSettings())


class Bench:
    """The photos in memory, and each party's work on them."""

    def __init__(self, folder: PhotoFolder, palette: Palette, scratch: Path) -> None:
        self.folder, self.palette, self.scratch = folder, palette, scratch
        self.rows = folder.kept()
        self.data = [folder.read(photo) for photo in self.rows]
        self.maker = SampleMaker(palette, SETTINGS)
        self.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        resized = [resized_photo(data, SETTINGS, full=SHAPE) for data in self.data]
        self.views = [
            [
                (cut_luma(luma, view), np.ascontiguousarray(cut(bins, view)))
                for view in plan_views(photo.key, "train", image.size, SETTINGS)
            ]
            for photo, image in zip(self.rows, resized, strict=True)
            for luma, bins in [(image.convert("L"), self.maker.bins(image))]
        ]
        self.resized = resized

    def whole(self) -> None:
        """The whole command, from the manifest's rows to the index."""
        write_shards(
            self.rows,
            Storage(str(self.folder.root)),
            Storage(tempfile.mkdtemp(dir=self.scratch)),
            palette=self.palette,
            settings=ALL_TRAIN,
            engine=LocalEngine(1),
        )

    def codecs(self) -> None:
        """The indispensable codec calls alone."""
        for data, views in zip(self.data, self.views, strict=True):
            with Image.open(io.BytesIO(data)) as image:
                image.draft("RGB", DRAFT)
                image.load()
                image.resize(DRAFT, Image.Resampling.LANCZOS, box=(0, 0, 400, 266.5))
            for luma, bins in views:
                encode_jpeg(luma)
                self.compressor.compress(bins.data)

    def stages(self) -> dict[str, Callable[[], object]]:
        """Every step by itself, for all photos."""
        flat = [view for views in self.views for view in views]
        lumas = [image.convert("L") for image in self.resized]
        bins = [self.maker.bins(image) for image in self.resized]
        plans = [plan_views(p.key, "train", DRAFT, SETTINGS) for p in self.rows]
        jobs = list(zip(lumas, bins, plans, strict=True))
        half = [decode_photo(data, near_px=256) for data in self.data]
        return {
            "read and sha256 of the photo": lambda: drop(
                hashlib.sha256(self.folder.read(p)).digest() for p in self.rows
            ),
            "JPEG decode at 1/2": lambda: drop(decode_photo(d, near_px=256) for d in self.data),
            "resize, Lanczos": lambda: drop(resize_short_edge(i, 256, SHAPE) for i in half),
            "bins of the whole photo": lambda: drop(self.maker.bins(i) for i in self.resized),
            "luma of the whole photo": lambda: drop(i.convert("L") for i in self.resized),
            "five crops, one noisy": lambda: drop(
                (cut_luma(luma, v), np.ascontiguousarray(cut(b, v)))
                for luma, b, views in jobs
                for v in views
            ),
            "five luma JPEGs": lambda: drop(encode_jpeg(luma) for luma, _ in flat),
            "five zstandard frames": lambda: drop(
                self.compressor.compress(b.data) for _, b in flat
            ),
        }


def drop(results: Iterable[object]) -> None:
    """Consume results without keeping them, so that fresh memory isn't counted."""
    for _ in results:
        pass


def cpu_s(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback from a separate process, whose time isn't counted."""
    code = (
        "import functools, http.server, sys\n"
        "class Handler(http.server.SimpleHTTPRequestHandler):\n"
        "    def log_message(self, *_): pass\n"
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0),"
        " functools.partial(Handler, directory=sys.argv[1]))\n"
        "print(server.server_port, flush=True); server.serve_forever()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def environment(cache: Path, name: str, *packages: str, **variables: str) -> Path | None:
    """Return the Python of an environment that has ``packages``; None where they can't be had."""
    python = cache / name / "bin" / "python"
    done = cache / name / ".installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(cache / name)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *packages]
        made = subprocess.run(command, env=os.environ | variables, check=False)
        if made.returncode:
            return None
        done.touch()
    return python


def img2dataset_cpu_s(python: Path, folder: PhotoFolder, scratch: Path) -> float:
    """CPU seconds of img2dataset for one 256 px view of each photo, as webdataset."""
    photos = sorted((folder.root / "folder").glob("*.jpg"))
    with served(folder.root / "folder") as address, tempfile.TemporaryDirectory(dir=scratch) as out:
        urls = Path(out) / "urls.txt"
        urls.write_text("".join(f"{address}/{path.name}\n" for path in photos))
        code = (
            "import sys\nfrom img2dataset import download\n"
            "if __name__ == '__main__':\n"
            "    download(url_list=sys.argv[1], output_folder=sys.argv[2], image_size=256,\n"
            "             output_format='webdataset', resize_mode='center_crop',\n"
            "             processes_count=1, thread_count=8, encode_quality=95,\n"
            "             number_sample_per_shard=1000, enable_wandb=False, retries=0)\n"
        )
        script = Path(out) / "run.py"
        script.write_text(code)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [str(python), str(script), str(urls), str(Path(out) / "set")],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"NO_ALBUMENTATIONS_UPDATE": "1"},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        stats = list((Path(out) / "set").glob("*_stats.json"))
        successes = sum(json.loads(path.read_text())["successes"] for path in stats)
        if successes != len(photos):
            raise SystemExit(f"img2dataset: {successes} of {len(photos)} photos\n{done.stderr}")
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def start_cost_s(python: Path) -> float:
    """CPU seconds of importing img2dataset, which a long run pays once."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(python), "-c", "import img2dataset"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def quality(bench: Bench) -> list[float]:
    """PSNR of the resized photo decoded at 1/2 against the one decoded in full."""
    pairs = [
        (image, resize_short_edge(decode_photo(data), 256))
        for image, data in zip(bench.resized[:60], bench.data, strict=False)
    ]
    return [psnr(np.asarray(a) / 255, np.asarray(b) / 255) for a, b in pairs]


def measure(source: Path, scratch: Path, *, count: int, rounds: int, cache: Path | None) -> None:
    """Print what each party takes; without a cache for environments, ours and the codecs alone."""
    folder = make_photos(source, scratch / "photos", count)
    bench = Bench(folder, learn(folder), scratch)
    count = len(bench.rows)
    other = environment(cache, "img2dataset", "img2dataset") if cache else None
    bench.whole()
    bench.codecs()
    timings = []
    for _ in range(rounds):
        start_up = start_cost_s(other) if other else float("nan")
        theirs = img2dataset_cpu_s(other, folder, scratch) if other else float("nan")
        ours, limit = cpu_s(bench.whole), cpu_s(bench.codecs)
        timings.append((ours, limit, theirs, theirs - start_up))
    table = 1e3 * np.array(timings) / count
    whole, limit, theirs, running = np.median(table, axis=0)
    _, to_limit, to_theirs, to_running = np.median(table[:, :1] / table, axis=0)
    name = "libjpeg-turbo" if features.check_feature("libjpeg_turbo") else "libjpeg"
    print(f"{count} photos of 800 x 533, Pillow {Image.__version__} with {name}, one core")
    print(
        f"dataprep shard       {whole:7.2f} ms CPU a photo: {1e3 / whole:.0f} photos/s/core, "
        f"{5e3 / whole:.0f} views/s/core"
    )
    print(f"bare codec calls     {limit:7.2f} ms; ours / that {to_limit:.2f}")
    print(
        f"ours / bare calls    {' '.join(f'{a / b:.2f}' for a, b, *_ in timings)} in single rounds"
    )
    if other:
        print(
            f"img2dataset          {theirs:7.2f} ms, one view, no labels; ours / that "
            f"{to_theirs:.2f}"
        )
        print(f"  without its start  {running:7.2f} ms; ours / that {to_running:.2f}")
    low, middle = np.percentile(quality(bench), (5, 50))
    print(f"decode at 1/2 against in full, after the resize: PSNR {middle:.1f} dB (5 %: {low:.1f})")
    print("\nstage                              ms CPU a photo")
    for stage, function in bench.stages().items():
        times = [cpu_s(function) for _ in range(rounds)]
        print(f"{stage:34} {1e3 * statistics.median(times) / count:8.2f}")
    if cache:
        compare_pillows(cache, folder)


def compare_pillows(cache: Path, folder: PhotoFolder) -> None:
    print("\nPillow, ms CPU a photo                decode   resize   five JPEGs")
    pythons = {"Pillow": environment(cache, "pillow", "pillow")}
    pythons["pillow-simd"] = environment(
        cache, "simd", "--no-binary", "pillow-simd", "pillow-simd", CC="cc -mavx2"
    )
    for name, python in pythons.items():
        if python is None:
            print(f"{name:36} can't be built here")
            continue
        done = subprocess.run(
            [str(python), "-c", PILLOW_STAGES, str(folder.root / "folder")],
            capture_output=True,
            text=True,
            check=True,
        )
        version, *times = json.loads(done.stdout)
        print(f"{name + ' ' + version:36}" + "".join(f"{value:9.2f}" for value in times))


def follow_memory(source: Path, scratch: Path) -> None:
    """Run the command on 1,000 and on 20,000 photos; tell the highest memory of any worker."""
    base = make_photos(source, scratch / "base", 250)
    (scratch / "palette.json").write_text(learn(base).to_json())
    originals = base.kept()
    print("photos   workers   highest resident memory of a worker, MB   of the command, MB   s")
    for count in (1_000, 20_000):
        folder = PhotoFolder(scratch / f"photos-{count}", create=True)
        (folder.root / "folder").mkdir()
        for number in range(count):
            original = originals[number % len(originals)]
            path = f"folder/{number:06d}.jpg"
            os.link(base.root / original.path, folder.root / path)
            folder.add(replace(original, key=f"folder-{number}", path=path))
        folder.commit()
        out = scratch / f"shards-{count}"
        command = [sys.executable, "-m", "dataprep", "shard", folder.root, "--split", "99/1/99/1"]
        command += ["--palette", scratch / "palette.json", "--out", out, "--workers", "2"]
        start = time.monotonic()
        running = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        highest, own = 0, 0
        while running.poll() is None:
            own = max(own, _peak_kb(running.pid))
            highest = max([highest, *(_peak_kb(pid) for pid in _children(running.pid))])
            time.sleep(0.2)
        seconds = time.monotonic() - start
        print(f"{count:6,} {2:9} {highest / 1000:26.0f} {own / 1000:34.0f} {seconds:11.0f}")
        shutil.rmtree(out)


def _children(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in children.read_text().split()] if children.exists() else []


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line), 0)


@click.command(help=__doc__)
@click.option("--photos", type=click.Path(path_type=Path), required=True, help="To take from.")
@click.option("--count", default=700, show_default=True, help="Photos.")
@click.option("--rounds", default=3, show_default=True, help="In which the parties take turns.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=Path.home() / ".cache/colorunet-benchmarks",
    show_default=True,
    help="Folder for the environments of the others.",
)
@click.option("--ours", is_flag=True, help="Only the command and the bare codecs.")
@click.option("--memory", is_flag=True, help="The workers' memory instead.")
def main(*, photos: Path, count: int, rounds: int, cache: Path, ours: bool, memory: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        if memory:
            follow_memory(photos, Path(scratch))
            return
        if not ours:
            cache.mkdir(parents=True, exist_ok=True)
        found = None if ours else cache
        measure(photos, Path(scratch), count=count, rounds=rounds, cache=found)


if __name__ == "__main__":
    main()
