"""Memory and rate of ``dataprep fetch-sun`` over a tar.gz generated on the fly.

python benchmarks/bench_sun.py --gigabytes 5

Nothing of the archive ever lies on the disk: a server on loopback sends it, a real photograph after
the other in SUN's layout, 220 classes in turn or shuffled. The command runs as its own process; its
resident memory is read from /proc every time another 250 MB have gone out.
"""

import http.server
import io
import json
import random
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import click
from PIL import Image

from dataprep.sources.sun.classes import outdoor_classes

STEP_BYTES = 250_000_000
PHOTO_SHAPE = (800, 533)


@dataclass
class Pass:
    """Properties of an archive, and measurements while it was sent."""

    total_bytes: int
    shuffled: bool
    sent: int = 0
    photos: int = 0
    pid: int = 0
    resident: list[tuple[int, int]] = field(default_factory=list)


def photographs(count: int, rng: random.Random) -> list[bytes]:
    """Return JPEGs of about SUN's size, each another part of a real photograph."""
    sources = []
    for package, names in (
        ("skimage", ("data/astronaut.png", "data/chelsea.png", "data/coffee.png")),
        ("sklearn", ("datasets/images/china.jpg", "datasets/images/flower.jpg")),
    ):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        sources += [Image.open(folder / name).convert("RGB") for name in names]
    result = []
    for _ in range(count):
        source = rng.choice(sources)
        width = rng.randint(source.width // 2, source.width)
        height = min(source.height, round(width * PHOTO_SHAPE[1] / PHOTO_SHAPE[0]))
        left, top = rng.randint(0, source.width - width), rng.randint(0, source.height - height)
        part = source.crop((left, top, left + width, top + height))
        buffer = io.BytesIO()
        part.resize(PHOTO_SHAPE, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=97)
        result.append(buffer.getvalue())
    return result


def deflated(data: bytes) -> bytes:
    """Compress a piece so that it can stand between any others of one deflate stream."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)


def archive(run: Pass, photos: list[bytes], rng: random.Random) -> Iterator[bytes]:
    """Give a tar.gz of ``run.total_bytes``, photo by photo, each different by a few last bytes."""
    classes = outdoor_classes()
    per_class = max(1, run.total_bytes // len(classes) // (sum(map(len, photos)) // len(photos)))
    order = [name for name in classes for _ in range(per_class)]
    if run.shuffled:
        rng.shuffle(order)
    packed = [deflated(photo) for photo in photos]
    checksum = length = 0

    def count(data: bytes) -> bytes:
        nonlocal checksum, length
        checksum, length = zlib.crc32(data, checksum), length + len(data)
        return data

    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    for number, name in enumerate(order):
        which = rng.randrange(len(photos))
        letters = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=16))
        info = tarfile.TarInfo(f"SUN397/{name[0]}/{name}/sun_{letters}.jpg")
        tail = number.to_bytes(8, "big")
        info.size = len(photos[which]) + len(tail)
        header = count(info.tobuf(tarfile.USTAR_FORMAT))
        count(photos[which])
        padded = count(tail + bytes(-info.size % tarfile.BLOCKSIZE))
        run.photos += 1
        yield deflated(header) + packed[which] + deflated(padded)
    end = zlib.compressobj(1, zlib.DEFLATED, -15)
    yield end.compress(count(bytes(2 * tarfile.BLOCKSIZE))) + end.flush()
    yield checksum.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little")


def resident_bytes(pid: int, key: str = "VmRSS") -> int:
    """Return a process's resident memory, now or at its highest (``VmHWM``)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def server_of(run: Pass, photos: list[bytes], seed: int) -> http.server.ThreadingHTTPServer:
    """Return a server that sends the archive once and watches the reader's memory meanwhile."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            while not run.pid:
                time.sleep(0.01)
            self.send_response(200)
            self.end_headers()
            watched = 0
            for piece in archive(run, photos, random.Random(seed)):
                if run.sent >= watched:
                    run.resident.append((run.sent, resident_bytes(run.pid)))
                    watched += STEP_BYTES
                self.wfile.write(piece)
                run.sent += len(piece)
            run.resident.append((run.sent, resident_bytes(run.pid, "VmHWM")))

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def fetch(run: Pass, photos: list[bytes], seed: int) -> tuple[dict, float]:
    """Run the command over one archive; return its summary and the seconds that it took."""
    server = server_of(run, photos, seed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/SUN397.tar.gz"
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "dataprep", "fetch-sun", url, "--out", out, "--json"]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        run.pid = process.pid
        text, _ = process.communicate()
        seconds = time.perf_counter() - start
    server.shutdown()
    server.server_close()
    assert process.returncode == 0, text
    return json.loads(text), seconds


@click.command(help=__doc__)
@click.option("--gigabytes", default=5.0, show_default=True, help="Size of each archive.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--order",
    type=click.Choice(["by-class", "shuffled", "both"]),
    default="both",
    show_default=True,
    help="Of the photos in the archive.",
)
def main(gigabytes: float, seed: int, order: str) -> None:
    """Print a table, a row an archive."""
    photos = photographs(64, random.Random(seed))
    print("| archive | photos | kept | s | MB/s | MB at start | highest | above start |")
    print("|---|---|---|---|---|---|---|---|")
    orders = {"by-class": (False,), "shuffled": (True,), "both": (False, True)}
    for shuffled in orders[order]:
        run = Pass(int(gigabytes * 1e9), shuffled)
        summary, seconds = fetch(run, photos, seed)
        start, highest = run.resident[0][1], run.resident[-1][1]
        print(
            f"| {run.sent / 1e9:.2f} GB, {'shuffled' if shuffled else 'class by class'} "
            f"| {run.photos:,} | {summary['kept']:,} | {seconds:.0f} "
            f"| {run.sent / 1e6 / seconds:.0f} | {start / 1e6:.0f} | {highest / 1e6:.0f} "
            f"| {(highest - start) / 1e6:.0f} |"
        )
        steps = ", ".join(f"{size / 1e6:.0f}" for _, size in run.resident[:-1])
        print(f"  resident MB at each {STEP_BYTES / 1e6:.0f} MB: {steps}", file=sys.stderr)


if __name__ == "__main__":
    main()
