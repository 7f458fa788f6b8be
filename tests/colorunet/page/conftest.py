"""The page: from servers, each a process of its own, and as a static site, all on loopback."""

import functools
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from colorunet.cli.page import command

SITE_WAIT_MS = 240_000
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


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "page"
    command.main([str(out)], standalone_mode=False)
    return out


@pytest.fixture(scope="module")
def site_host(site: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def site_page(site_host: http.server.ThreadingHTTPServer, chromium: Any) -> Iterator[Any]:
    """The page; nothing may go wrong in it, and no request may lead elsewhere."""
    url = f"http://127.0.0.1:{site_host.server_port}/"
    wrong: list[str] = []
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(SITE_WAIT_MS)
    opened.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    context.on(
        "request", lambda one: one.url.startswith((url, "blob:" + url)) or wrong.append(one.url)
    )
    opened.goto(url)
    opened.wait_for_selector("body[data-ready]")
    yield opened
    context.close()
    assert wrong == []


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
