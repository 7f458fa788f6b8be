"""The page: from servers, each a process of its own, and as a static site, all on loopback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from static_page import forget, hosted, load, opened, write_static_page

# A body that grows beyond memory would go to a temporary file: here that is an error.
_CODE = """
import json, sys, tempfile
def never(*_, **__): raise AssertionError("a photo on disk")
tempfile.TemporaryFile = tempfile.NamedTemporaryFile = never
from dataclasses import asdict
from colorunet.page.limits import Limits
from colorunet.page.server import PageServer, ServerSettings
from colorunet.parameters.shipped import shipped_run
given = json.loads(sys.argv[1])
limits = Limits(**given.pop("limits"))
name = "colorunet-listed"
settings = ServerSettings(shipped_run(name), name, limits=limits, **given)
server = PageServer(settings)
print(json.dumps(asdict(server.served)), flush=True)
server.run(lambda line: print(line, file=sys.stderr, flush=True))
"""


@dataclass
class Served:
    """A server that runs.

    Args:
        url: without a token.
        token: "" for none.
        process: it.
    """

    url: str
    token: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def memory_mb(self) -> float:
        """Resident memory of the process now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Served]]:
    """Returns a function that starts a server; all end with the module, each without an error."""
    running: list[Served] = []

    def start(*, limits: dict[str, Any] | None = None, **settings: Any) -> Served:
        given = {"port": 0, "limits": limits or {}} | settings
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, json.dumps(given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        served = Served(f"http://127.0.0.1:{told['port']}", told["token"], process)
        running.append(served)
        return served

    yield start
    ends = []
    for served in running:
        served.process.send_signal(signal.SIGINT)
        ends.append((*served.process.communicate(timeout=60), served.process.returncode))
    assert ends == [("", "", 0)] * len(running)


@pytest.fixture(scope="module")
def served(serve: Callable[..., Served]) -> Served:
    """A server with the limits that it has by itself."""
    return serve()


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static page; its network sees photos at the module's ``EDGE_PX``, if it has one."""
    edge_px = getattr(request.module, "EDGE_PX", None)
    return write_static_page(tmp_path_factory.mktemp("site") / "page", edge_px=edge_px)


@pytest.fixture(scope="module")
def site_url(site: Path) -> Iterator[str]:
    with hosted(site) as url:
        yield url


@contextmanager
def _watched(chromium: Any, url: str) -> Iterator[tuple[Any, list[str]]]:
    wrong: list[str] = []
    with opened(chromium, url, wrong) as page:
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        load(page, url)
        yield page, wrong


@pytest.fixture
def site_page(site_url: str, chromium: Any) -> Iterator[Any]:
    """A new page; nothing may go wrong in it, and no request may lead elsewhere."""
    with _watched(chromium, site_url) as (page, wrong):
        yield page
    assert wrong == []


@pytest.fixture(scope="module")
def _kept_page(site_url: str, chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    with _watched(chromium, site_url) as kept:
        yield kept


@pytest.fixture
def kept_page(_kept_page: tuple[Any, list[str]], site_url: str) -> Iterator[Any]:
    """Like ``site_page``, for tests that show a photo or two: its network is loaded once."""
    page, wrong = _kept_page
    yield page
    if page.is_visible("#remove"):
        forget(page)
    page.evaluate("document.getElementById('messages').replaceChildren()")
    if not page.is_visible("#welcome"):  # a test that failed half-way
        load(page, site_url)
    found = wrong.copy()
    wrong.clear()
    assert found == []


@pytest.fixture(scope="session")
def coffee(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gray JPEG of 600 × 400."""
    return _gray(demo_photos / "skimage" / "coffee.png", tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def chelsea(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gray JPEG of 451 × 300."""
    return _gray(demo_photos / "skimage" / "chelsea.png", tmp_path_factory.mktemp("page"))


def _gray(source: Path, folder: Path) -> Path:
    path = folder / f"{source.stem}.jpg"
    with Image.open(source) as image:
        image.convert("L").save(path, quality=92)
    return path
