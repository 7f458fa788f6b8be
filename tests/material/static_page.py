"""The static page on loopback, and what a person does in it with a browser."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorunet.cli.page import command

WAIT_MS = 240_000


def write_static_page(folder: Path, *options: str, edge_px: int | None = None) -> Path:
    """Write the page as the command does; ``edge_px`` is what its network sees photos at."""
    command.main([str(folder), *options], standalone_mode=False)
    if edge_px is not None:
        about = folder / "network" / "network.json"
        about.write_text(json.dumps(json.loads(about.read_text()) | {"edge": edge_px}))
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serve a folder as any host of static files does; gives its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def opened(
    browser: Any, url: str, wrong: list[str], *, wait_ms: int = WAIT_MS, **options: Any
) -> Iterator[Any]:
    """Open the page in a context of its own; ``wrong`` collects errors and requests elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    page.set_default_timeout(wait_ms)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    context.on(
        "request", lambda one: one.url.startswith((url, "blob:" + url)) or wrong.append(one.url)
    )
    yield page
    context.close()


def load(page: Any, url: str) -> None:
    """Load the page, until it takes photos."""
    page.goto(url)
    page.wait_for_selector("body[data-ready]")


def take(page: Any, *photos: Path) -> None:
    """Give the page photos, and wait until all are there and the first can be saved."""
    page.set_input_files("#files", [str(photo) for photo in photos])
    if len(photos) > 1:
        page.wait_for_function(
            "count => document.querySelectorAll('#strip img[src^=\"blob:\"]').length === count",
            arg=len(photos),
        )
        page.wait_for_selector("#save-all:enabled")
    page.wait_for_selector("#palette .swatch")
    page.wait_for_selector("#save:enabled")


def save(page: Any, to: Path) -> Path:
    """Save the photo that is shown."""
    with page.expect_download() as waiting:
        page.click("#save")
    waiting.value.save_as(to)
    return to


def forget(page: Any) -> None:
    """Remove the only photo."""
    page.click("#remove")
    page.wait_for_selector("#welcome:visible")


def add_hint(page: Any, *, x: float, y: float, color: str) -> None:
    """Click at a part of the picture's width and height, and choose a colour for it."""
    box = page.locator("#stage").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.wait_for_selector("dialog[open]")
    page.locator("#hint-color").fill(color)
    page.click("#hint-ok")
    page.wait_for_selector("#markers .marker")


def pixels(image: Image.Image) -> np.ndarray:
    """Return an image's pixels, in numbers that can be subtracted."""
    return np.asarray(image.convert("RGB"), np.int16)
