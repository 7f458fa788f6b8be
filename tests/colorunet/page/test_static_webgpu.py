"""The page with WebGPU, here by SwiftShader: used where it is there, WebAssembly where it isn't."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from static_page import forget, hosted, load, opened, pixels, save, take, write_static_page

from colorunet.coloring.colorizer import Colorizer

# SwiftShader translates the network's shaders on the CPU, once a page.
pytestmark = pytest.mark.timeout(3600)
WAIT_MS = 1_500_000
EDGE_PX = 64  # at which the network sees photos here, for the same reason
WITH_ADAPTER = [
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--disable-gpu-watchdog",  # it ends the GPU's process where shaders compile for long
]
OF_WEBGPU = {"ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm"}
OF_WEBASSEMBLY = {"ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"}
KEPT = """async (names) => {
    const found = await Promise.all(names.map((name) => caches.match(`runtime/${name}`)));
    return names.filter((_, at) => found[at]);
}"""
UNTIL_KEPT = f"""async (names) => {{
    while ((await ({KEPT})(names)).length < names.length)
        await new Promise((resume) => setTimeout(resume, 100));
}}"""


@dataclass
class Visit:
    """The page, and the names of the runtime's files that were asked for."""

    page: Any
    asked: set[str] = field(default_factory=set)

    def differs_from_python(self, photo: Path, folder: Path) -> int:
        """Colour a photo, forget it, and return the largest difference from Python's pixels."""
        take(self.page, photo)
        save(self.page, folder / "saved.png")
        forget(self.page)
        with Image.open(photo) as gray, Image.open(folder / "saved.png") as saved:
            of_python = Colorizer.load(working_edge_px=EDGE_PX)(gray)
            return int(np.abs(pixels(saved) - pixels(of_python)).max())


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site") / "page"
    with hosted(write_static_page(folder, "--webgpu", edge_px=EDGE_PX)) as url:
        yield url


@pytest.fixture(scope="module")
def with_adapter(chromium: Any, chromium_program: str) -> Iterator[Any]:
    """A Chromium that gives pages an adapter, which needs no graphics card."""
    launch = chromium.browser_type.launch
    browser = launch(executable_path=chromium_program, args=WITH_ADAPTER, timeout=WAIT_MS)
    yield browser
    browser.close()


@pytest.fixture
def photo(demo_photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    with Image.open(demo_photos / "sklearn" / "flower.jpg") as image:
        image.convert("L").resize((96, 64)).save(path)
    return path


@contextmanager
def _visit(browser: Any, url: str, *, broken: str = "", **options: Any) -> Iterator[Visit]:
    wrong: list[str] = []
    with opened(browser, url, wrong, wait_ms=WAIT_MS, **options) as page:
        visit = Visit(page)
        # The service worker asks for files, too, to keep them.
        page.context.on(
            "request",
            lambda one: one.service_worker or visit.asked.add(one.url.rpartition("/")[2]),
        )
        if broken:
            page.context.route(broken, lambda route: route.abort())
        load(page, url)
        yield visit
    assert wrong == []


@pytest.mark.rare
def test_with_an_adapter_webgpu_gives_the_pixels_of_python_and_works_offline(
    with_adapter: Any, url: str, photo: Path, tmp_path: Path
) -> None:
    with _visit(with_adapter, url) as visit:
        assert visit.differs_from_python(photo, tmp_path) <= 2
        assert visit.asked & OF_WEBASSEMBLY == set()
        visit.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        visit.page.reload()
        visit.page.evaluate(UNTIL_KEPT, sorted(OF_WEBGPU | OF_WEBASSEMBLY))
        visit.page.context.set_offline(True)
        visit.page.reload()
        visit.page.wait_for_selector("body[data-ready]")
        assert visit.differs_from_python(photo, tmp_path) <= 2
        visit.page.context.set_offline(False)


def test_without_an_adapter_nothing_of_webgpu_is_loaded_or_kept(
    chromium: Any, url: str, photo: Path, tmp_path: Path
) -> None:
    with _visit(chromium, url) as visit:
        assert visit.differs_from_python(photo, tmp_path) <= 2
        visit.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        assert visit.asked & OF_WEBGPU == set()
        visit.page.evaluate(UNTIL_KEPT, sorted(OF_WEBASSEMBLY))
        assert visit.page.evaluate(KEPT, sorted(OF_WEBGPU)) == []


@pytest.mark.rare
def test_a_runtime_that_fails_to_load_gives_way_to_webassembly(
    with_adapter: Any, url: str, photo: Path, tmp_path: Path
) -> None:
    broken = "**/*.asyncify.wasm"
    with _visit(with_adapter, url, broken=broken, service_workers="block") as visit:
        assert visit.differs_from_python(photo, tmp_path) <= 2
        assert visit.asked >= OF_WEBGPU | OF_WEBASSEMBLY


@pytest.mark.rare
def test_a_device_that_is_lost_gives_way_to_webassembly(
    with_adapter: Any, url: str, photo: Path, tmp_path: Path
) -> None:
    with _visit(with_adapter, url, service_workers="block") as visit:
        assert visit.differs_from_python(photo, tmp_path) <= 2
        assert visit.asked & OF_WEBASSEMBLY == set()
        lose = "async (script) => (await (await import(script)).env.webgpu.device).destroy()"
        visit.page.workers[0].evaluate(lose, f"{url}runtime/ort.webgpu.bundle.min.mjs")
        assert visit.differs_from_python(photo, tmp_path) <= 2
        assert visit.asked >= OF_WEBASSEMBLY
