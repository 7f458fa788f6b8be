"""Memory of the page over thousands of uploads, within its limits.

python benchmarks/bench_page_memory.py [--uploads 2000] [--edge 200] [RUN]

It starts `colorunet serve` on a free port, with the network of RUN or the default one. One client
sends photos of noise, no two alike, asks for a preview of each and deletes none. Printed is the
server's resident memory, the photos that it keeps and what it counts for them, after every tenth
of the uploads. It fails where the server took more than it had after the first upload and what its
limits let it keep; a client at a time adds no uploads under way.
"""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import requests
from PIL import Image

from colorunet.page.limits import Limits

TIMEOUT_S = 300
_KEPT = ("colorunet_kept_photos", "colorunet_kept_bytes")


@click.command(help=__doc__)
@click.option("--uploads", default=2000, show_default=True)
@click.option("--edge", default=200, show_default=True, help="Of a photo, in pixels.")
@click.argument("run", required=False)
def main(uploads: int, edge: int, run: str | None) -> None:
    """Start a server, send it photos, print its memory."""
    words = ["colorunet", "serve", *([run] if run else []), "--no-browser", "--port", "0", "--json"]
    command = [sys.executable, "-m", *words]
    first = most = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"].rstrip("/")
        try:
            with requests.Session() as session:
                for number in range(uploads):
                    _upload(session, url, number, edge)
                    if number == 0 or (number + 1) % max(1, uploads // 10) == 0:
                        most = _told(session, url, server.pid, number + 1)
                        first = first or most
        finally:
            server.send_signal(signal.SIGINT)
    bound = first + Limits().kept_bytes / (1 << 20)
    print(f"bound: {first:.0f} + {bound - first:.0f} = {bound:.0f} MB")
    if most > bound:
        raise click.ClickException(f"it took {most:.0f} MB")


def _upload(session: requests.Session, url: str, number: int, edge: int) -> None:
    rng = np.random.default_rng(number)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8))
    file = io.BytesIO()
    coarse.resize((edge, edge), Image.Resampling.BICUBIC).save(file, "JPEG", quality=92)
    sent = {"image": ("a.jpg", file.getvalue())}
    answer = session.post(f"{url}/api/photos", files=sent, timeout=TIMEOUT_S)
    answer.raise_for_status()
    at = f"{url}/api/photos/{answer.json()['id']}"
    session.post(f"{at}/preview", json={"warmth": 0.1}, timeout=TIMEOUT_S).raise_for_status()


def _told(session: requests.Session, url: str, pid: int, uploads: int) -> float:
    """Print a server's memory; return the most that it took so far, in MB."""
    metrics = session.get(f"{url}/metrics", timeout=TIMEOUT_S).text.splitlines()
    values = {name: value for name, _, value in (line.rpartition(" ") for line in metrics)}
    photos, kept = (float(values[name]) for name in _KEPT)
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    now, most = (
        next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))
        for name in ("VmRSS:", "VmHWM:")
    )
    print(
        f"{uploads:6} uploads: {now:.0f} MB resident, {most:.0f} MB at most; "
        f"{photos:.0f} photos kept, counted as {kept / (1 << 20):.0f} MB",
        flush=True,
    )
    return most


if __name__ == "__main__":
    main()
