"""The page of `colorunet page` in Chromium: pixels compared with Python, time and memory.

python benchmarks/bench_browser.py PHOTOS [--count 20] [--megapixels 12] [--photo FILE]

Pixels: photos are made gray, as PNG; Python and the page colour them; printed is the largest
difference of each. Time and memory: a small photo is shown, for which the network is loaded, then a
JPEG of so many megapixels is dropped, shown and saved; printed are seconds of each and CPU seconds
of the page's process, and the most memory that the process ever held (VmHWM of Linux).
"""

import functools
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image

from colorunet.coloring.colorizer import Colorizer
from colorunet.page.static_site import write_site
from colorunet.parameters.shipped import shipped_run

WAIT_MS = 600_000
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def site_at_a_host() -> Iterator[str]:
    """Yield the address of the page on a static host."""
    with tempfile.TemporaryDirectory() as folder:
        write_site(shipped_run(), "colorunet", Path(folder))

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

        handler = functools.partial(Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def opened_page(url: str, flags: list[str]) -> Iterator[Any]:
    """Yield the page, open for the second time: its worker gives it threads."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, _PROGRAMS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *flags])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT_MS)
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_selector("body[data-ready]")
        yield page
        browser.close()


def take(page: Any, photo: Path) -> None:
    """Drop a photo and wait until its colours are shown."""
    page.set_input_files("#files", str(photo))
    page.wait_for_selector("#palette .swatch")
    page.wait_for_selector("#save:enabled")


def save(page: Any, to: Path) -> Path:
    """Download the photo that is shown."""
    with page.expect_download() as waiting:
        page.click("#save")
    waiting.value.save_as(to)
    return to


def compared(page: Any, photos: list[Path], folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the difference of the page's pixels from Python's, for each photo."""
    colorizer = Colorizer.load()
    for photo in photos:
        with Image.open(photo) as image:
            gray = image.convert("L")
        gray.save(folder / "gray.png")
        take(page, folder / "gray.png")
        with Image.open(save(page, folder / "colored.png")) as saved:
            apart = np.abs(_pixels(saved) - _pixels(colorizer(gray)))
        page.click("#remove")
        page.wait_for_selector("#welcome:visible")
        yield {"photo": photo.name, "size": gray.size, "largest": int(apart.max())} | {
            "differing": round(float((apart > 0).mean()), 5)
        }


def measured(page: Any, photo: Path, folder: Path) -> dict[str, Any]:
    """Return seconds, CPU seconds and memory for colouring and saving a photo."""
    pid = _renderer_of(page)
    started = [(time.monotonic(), _cpu_s(pid))]
    Image.new("L", (320, 320)).save(folder / "small.png")
    take(page, folder / "small.png")
    page.click("#remove")
    page.wait_for_selector("#welcome:visible")
    started.append((time.monotonic(), _cpu_s(pid)))
    take(page, photo)
    started.append((time.monotonic(), _cpu_s(pid)))
    save(page, folder / "large.jpg")
    started.append((time.monotonic(), _cpu_s(pid)))
    first, shown, saved = (
        {"s": round(b[0] - a[0], 2), "cpu_s": round(b[1] - a[1], 2)} for a, b in pairwise(started)
    )
    return {
        "threads": page.evaluate("crossOriginIsolated && navigator.hardwareConcurrency"),
        "first": first,
        "shown": shown,
        "saved": saved,
        "peak_mb": _peak_mb(pid),
    }


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.int16)


def _renderer_of(page: Any) -> int:
    """Return the process of the page: that which burns CPU time when the page does."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and _is_renderer(name)]
    before = {pid: _cpu_s(pid) for pid in pids}
    page.evaluate("() => { const end = Date.now() + 500; while (Date.now() < end); }")
    return max(pids, key=lambda pid: _cpu_s(pid) - before[pid])


def _is_renderer(pid: str) -> bool:
    try:
        return b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in status if line.startswith("VmHWM:"))
    return round(int(line.split()[1]) * 1024 / 1e6)


@click.command(help=__doc__)
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=20, show_default=True)
@click.option("--megapixels", default=12.0, show_default=True)
@click.option("--photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--flag", "flags", multiple=True, default=["--disable-gpu"], show_default=True)
def main(
    photos: Path, count: int, megapixels: float, photo: Path | None, flags: tuple[str, ...]
) -> None:
    """Print a line for each photo, then one of time and memory."""
    found = sorted(p for p in photos.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = found[:: max(1, len(found) // max(1, count))][:count]
    with site_at_a_host() as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if megapixels:
            large = folder / "large.jpg"
            width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
            with Image.open(photo or found[0]) as image:
                image.convert("RGB").resize((width, width * 3 // 4)).save(large, quality=92)
            with opened_page(url, list(flags)) as page:
                click.echo(json.dumps(measured(page, large, folder)))
        with opened_page(url, list(flags)) as page:
            for row in compared(page, chosen, folder):
                click.echo(json.dumps(row))


if __name__ == "__main__":
    main()
