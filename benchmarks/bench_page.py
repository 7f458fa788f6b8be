"""Load test of the page: clients that colour, turn dials and save at once; and its memory.

python benchmarks/bench_page.py [--clients 64] [--seconds 120] [--photo FILE]

It starts `colorunet serve` on a free port. Each client is a thread with a connection of its own: it
sends a photo, asks for previews under other dials and for one file, and begins again. Printed are
requests, those that failed, durations by kind, and the server's memory at half time and at the end.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import click
import numpy as np
import requests

PREVIEWS = 4  # of each photo that a client sends
TIMEOUT_S = 300


class Load:
    """Clients and the results of their requests.

    Args:
        url: of the server.
        photo: that they send.
    """

    def __init__(self, url: str, photo: bytes) -> None:
        self.url = url
        self.photo = photo
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        self._lock = threading.Lock()

    def run(self, clients: int, seconds: float) -> None:
        """Keep so many clients busy for so long; each ends what it has begun."""
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._client, args=(number, until)) for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, number: int, until: float) -> None:
        with requests.Session() as session:
            session.headers["X-Page"] = f"client-{number}"
            self._visit(session)
            while time.monotonic() < until:
                self._visit(session)

    def _visit(self, session: requests.Session) -> None:
        answer = self._ask(
            session, "photo", "POST", "/api/photos", files={"image": ("a.jpg", self.photo)}
        )
        if answer is None:
            return
        at = f"/api/photos/{answer.json()['id']}"
        for number in range(PREVIEWS):
            look = {"warmth": number / PREVIEWS, "vividness": 0.4 + number / 10}
            self._ask(session, "preview", "POST", f"{at}/preview", json=look)
        self._ask(session, "file", "POST", f"{at}/file", json={"warmth": 0.2})
        self._ask(session, "delete", "DELETE", at)

    def _ask(
        self, session: requests.Session, kind: str, method: str, path: str, **given: object
    ) -> requests.Response | None:
        started = time.monotonic()
        try:
            answer = session.request(method, self.url + path, timeout=TIMEOUT_S, **given)
            failure = "" if answer.ok else f"{kind}: {answer.status_code} {answer.text[:100]}"
        except requests.RequestException as error:
            failure = f"{kind}: {error}"
        with self._lock:
            self.seconds[kind].append(time.monotonic() - started)
            if failure:
                self.failed.append(failure)
        return None if failure else answer


@click.command(help=__doc__)
@click.option("--clients", default=64, show_default=True)
@click.option("--seconds", default=120.0, show_default=True)
@click.option(
    "--photo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="That they send.  [scikit-image's coffee, 600 × 400]",
)
def main(clients: int, seconds: float, photo: Path | None) -> None:
    """Start a server, put it under load, and print the results."""
    command = [sys.executable, "-m", "colorunet", "serve", "--no-browser", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"].rstrip("/")
        load = Load(url, photo.read_bytes() if photo else _coffee())
        load.run(2, 3)  # what is imported and allotted once
        load.seconds.clear()
        memory = [_memory_mb(server.pid)]
        for _ in range(2):
            load.run(clients, seconds / 2)
            memory.append(_memory_mb(server.pid))
        server.send_signal(signal.SIGINT)
    _tell(load, clients, memory)


def _tell(load: Load, clients: int, memory: list[float]) -> None:
    total = sum(map(len, load.seconds.values()))
    print(f"{clients} clients: {total} requests, {len(load.failed)} failed")
    for line in load.failed[:5]:
        print(f"  {line}")
    for kind, seconds in load.seconds.items():
        p50, p99 = np.percentile(seconds, [50, 99])
        print(f"{kind:>8}: {len(seconds):6} requests, median {p50:.2f} s, p99 {p99:.2f} s")
    words = ", ".join(f"{mb:.0f}" for mb in memory)
    print(f"memory in MB before, at half time, at the end: {words}")


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid}: no VmRSS")


def _coffee() -> bytes:
    import io

    import skimage.data
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(skimage.data.coffee()).convert("L").save(file, "JPEG", quality=92)
    return file.getvalue()


if __name__ == "__main__":
    main()
