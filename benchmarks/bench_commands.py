"""CPU time of import, shard, fit, colorize and the page at two commits, in turn.

\b
    git worktree add ../before COMMIT
    python benchmarks/bench_commands.py ../before --photos DIR [--pairs 5] [--only shard]

Each command runs in both checkouts, first in one then in the other, the order changing from pair to
pair, on one thread, with the same photos, shards and network. What counts is the user CPU time of
the command and the processes that it waited for, so that other work on the machine counts less.
Printed are medians and the median of the ratios of the pairs.
"""

import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import requests

HERE = Path(__file__).resolve().parents[1]
NETWORK = Path("packages/colorunet/networks_shipped/colorunet")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FIT = "epochs=1 batch_size=8 crop=96 width=16 depth=4 workers=0 threads=1"
VISITS = 10  # of the page: a photo, four previews and a file each


@dataclass(frozen=True)
class Material:
    """Inputs of both commits.

    Args:
        tree: a folder of photos.
        photos: the photo folder of that tree.
        palette: learned from it.
        shards: of it, written by each commit, whose index the other may not read.
        network: a run, read by both commits.
    """

    tree: Path
    photos: Path
    palette: Path
    shards: dict[Path, Path]
    network: Path

    def command(self, name: str, out: Path, checkout: Path) -> list[str]:
        """Return the arguments of a checkout's command that writes ``out``."""
        settings = [word for key in FIT.split() for word in ("--set", key)]
        words = {
            "import": ["dataprep", "import", self.tree, "--out", out],
            "shard": ["dataprep", "shard", self.photos, "--palette", self.palette, "--split"],
            "fit": ["trainer", "fit", self.shards[checkout], "--out", out, *settings],
            "colorize": ["colorunet", "colorize", self.network, self.tree, "--out", out],
            "page": ["colorunet", "serve", self.network, "--no-browser", "--port", "0", "--json"],
        }[name]
        if name == "shard":
            words += ["--out", out, "--workers", "1", "--views", "5", "--seed", "0"]
        return list(map(str, words))


def prepared(photos: Path, count: int, before: Path, folder: Path) -> Material:
    """Return the material, made from photos spread evenly over a folder."""
    tree = folder / "tree"
    tree.mkdir()
    files = sorted(path for path in photos.rglob("*.jpg") if path.is_file())
    for path in files[:: max(1, len(files) // count)][:count]:
        shutil.copy(path, tree / path.name)
    shards = {before: folder / "shards-before", HERE: folder / "shards-after"}
    palette = folder / "palette.json"
    material = Material(tree, folder / "photos", palette, shards, before / NETWORK)
    _run(HERE, material.command("import", material.photos, HERE))
    learn = ["dataprep", "palette", str(material.photos), "--out", str(material.palette)]
    _run(HERE, [*learn, "--bins", "32"])
    for checkout, out in shards.items():
        _run(checkout, material.command("shard", out, checkout))
    return material


def _run(checkout: Path, words: list[str], use: Callable[[str], None] | None = None) -> float:
    """Run a command of a checkout and return its user CPU seconds."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(checkout / "packages")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages are compiled, too
    command = [sys.executable, "-m", *words]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
        )
        assert process.stdout is not None
        if use is not None:
            use(json.loads(process.stdout.readline())["url"].rstrip("/"))
            process.send_signal(signal.SIGINT)
        process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 3) and use is None:
            errors.seek(0)
            raise SystemExit(f"{' '.join(words)}: {errors.read().decode()[-500:]}")
    return usage.ru_utime


def _visit(photo: bytes) -> Callable[[str], None]:
    """Return what sends a photo to a page, asks for previews and a file, and forgets it."""

    def use(url: str) -> None:
        with requests.Session() as session:
            for _ in range(VISITS):
                answer = session.post(f"{url}/api/photos", files={"image": ("a.jpg", photo)})
                at = f"{url}/api/photos/{answer.json()['id']}"
                for step in range(4):
                    look = {"warmth": step / 4, "vividness": 0.4 + step / 10}
                    session.post(f"{at}/preview", json=look).raise_for_status()
                session.post(f"{at}/file", json={"warmth": 0.2}).raise_for_status()
                session.delete(at).raise_for_status()

    return use


@click.command(help=__doc__)
@click.argument("before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--photos", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--count", default=40, show_default=True, help="Photos of them.")
@click.option("--pairs", default=5, show_default=True)
@click.option("--only", multiple=True, help="A command; may be given several times.  [all]")
def main(before: Path, photos: Path, count: int, pairs: int, only: tuple[str, ...]) -> None:
    """Print a row for each command."""
    before = before.resolve()
    with tempfile.TemporaryDirectory() as folder:
        material = prepared(photos, count, before, Path(folder))
        use = _visit(next(material.tree.iterdir()).read_bytes())
        numbers = itertools.count()
        print("| command | before, s | after, s | after ÷ before |\n|---|---:|---:|---:|")
        for name in only or ("import", "shard", "fit", "colorize", "page"):
            seconds: dict[Path, list[float]] = {before: [], HERE: []}
            for pair in range(pairs + 1):  # the first warms the caches up
                for checkout in (before, HERE) if pair % 2 else (HERE, before):
                    out = Path(folder) / f"out-{next(numbers)}"
                    words = material.command(name, out, checkout)
                    taken = _run(checkout, words, use if name == "page" else None)
                    shutil.rmtree(out, ignore_errors=True)
                    seconds[checkout] += [taken] if pair else []
            ratios = [b / a for a, b in zip(seconds[before], seconds[HERE], strict=True)]
            first, second = map(statistics.median, seconds.values())
            print(
                f"| {name} | {first:.2f} | {second:.2f} | {statistics.median(ratios):.3f} "
                f"({min(ratios):.2f} to {max(ratios):.2f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
