"""The main job, by the commands that a user types."""

import csv
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click
from command_runner import CommandFailed, CommandRunner

TOOLS = Path(__file__).resolve().parent
CREDITS = TOOLS / "demo_photos.csv"
_STEPS = 250  # of the recipe `small`: about a minute on two idle CPU cores
_MARK = ".colorunet-demo"  # in a folder that a demo made: names the photographs it was made from
_MEASURED = 24  # photos that the page measures
_COLORED = ("colorized", "colorized-shipped")
_FILES = ("palette.json", "palette.png", "samples.png", "report.html", "contact-sheet.png")
_EVERY_S = 10  # a line that says where it is, where no terminal shows a command's own progress


def _open(out: Path, source: str) -> None:
    """Make ``out``, or go on with what an earlier demo of the same photographs left in it.

    What a demo of other photographs left is deleted; a folder that no demo made is left alone.
    """
    made = [out / name for name in ("originals", "photos", "shards", "run", *_COLORED, *_FILES)]
    there = [path for path in made if os.path.lexists(path)]
    mark = out / _MARK
    if there and not mark.exists():
        sys.exit(f"{there[0]}: no demo made this; name another folder with --out, or move it away")
    if there and mark.read_text(encoding="utf-8") == source:
        _say(f"Going on in {out}: what is finished there stays.")
        return
    for path in there:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    out.mkdir(parents=True, exist_ok=True)
    mark.write_text(source, encoding="utf-8")


@click.command()
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of your own photographs (a few hundred or more).",
)
@click.option(
    "--flickr",
    is_flag=True,
    help="Fetch the photographs through a Flickr server on this machine, no key needed.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=TOOLS.parent / "demo",
    show_default=True,
    help="Folder to write.",
)
def main(photos: Path | None, flickr: bool, out: Path) -> None:
    """Set everything up, run the main job and print the addresses of its pages.

    Import, palette, shard, inspect, fit, evaluate, colorize: every command line is printed before
    it runs. After a kill the same call goes on where it was.
    """
    out = out.resolve()
    started = time.monotonic()
    own_photos = photos.resolve() if photos else None
    _open(out, f"{own_photos or 'shipped'}{', through Flickr' * flickr}\n")
    os.chdir(out)

    few = photos is None
    _gather(own_photos, through_flickr=flickr)
    _run("dataprep palette photos --bins 32 --out palette.json --plot palette.png")
    keep = " --keep-rgb" if few else ""  # the page shows training photos then
    _run(f"dataprep shard photos --split --palette palette.json --out shards{keep}")
    _run("dataprep inspect shards --contact-sheet samples.png")
    if few:
        _run("trainer fit shards --out run --recipe demo")
    else:
        _run(f"trainer fit shards --out run --recipe small --set max_steps={_STEPS}")
    split = "train" if few else "test"
    _run(
        f"trainer evaluate run shards --split {split} --limit {_MEASURED}"
        " --html report.html --contact-sheet contact-sheet.png"
    )
    own, shipped = _COLORED
    _run(["trainer", "colorize", "run", *_photos_of(split), "--out", own])
    _run(["colorunet", *_photos_of("val"), "-o", shipped])
    _say(
        f"Done in {time.monotonic() - started:.0f} s.\n"
        f"  page           {out / 'report.html'}\n"
        f"  contact sheet  {out / 'contact-sheet.png'}\n"
        f"  in colour      {out / own}, by what was trained here, photos of {split}\n"
        f"                 {out / shipped}, by the network that comes with the package"
    )
    if not few:
        _say(f"{_STEPS} steps are a taste. For colours that last, train on, in {out}:")
        print("$ trainer fit shards --out longer --recipe small")


def _gather(photos: Path | None, *, through_flickr: bool) -> None:
    """Fill the photo folder, from one's own photographs or those that two packages ship."""
    originals, extra = photos or Path("originals"), []
    if photos is None:
        extra = ["--metadata", "originals/credits.csv"]
        _copy_demo_photos(originals)
        _say(
            "No --photos given: the photographs that scikit-image and scikit-learn ship are used "
            "(credits: originals/credits.csv). So few photos show the way, not the quality: the "
            "network memorizes them."
        )
    if not through_flickr:
        _run(["dataprep", "import", str(originals), "--out", "photos", *extra])
        return
    with _flickr_server(originals) as url:
        environment = {"FLICKR_API_KEY": "demo", "FLICKR_API_SECRET": "demo"}
        _run(
            f"dataprep fetch-flickr --tags {','.join(_tags(originals))} --count 9 --out photos"
            f" --image-rate 100 --api-url {url}",
            environment,
        )


def _say(words: str) -> None:
    print(f"\n{words}", flush=True)


def _run(command: str | list[str], environment: dict[str, str] | None = None) -> None:
    words = command.split() if isinstance(command, str) else command
    print()
    try:
        with _told_every_few_seconds(" ".join(words[:2])):
            CommandRunner().run(words, environment=environment, show=True)
    except CommandFailed as error:
        sys.exit(f"tools/demo: that command ended with exit code {error.returncode}")


@contextmanager
def _told_every_few_seconds(name: str) -> Iterator[None]:
    """Say on stderr what is running, and for how long."""
    started, done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(_EVERY_S):
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    if not sys.stderr.isatty():  # there, each command shows its own progress
        teller.start()
    try:
        yield
    finally:
        done.set()
        if teller.ident is not None:  # it was started
            teller.join()


def _copy_demo_photos(folder: Path) -> None:
    """Copy the photographs out of the wheels, with their credits beside them."""
    credits = []
    for row in csv.DictReader(CREDITS.open(encoding="utf-8")):
        spec = find_spec(row.pop("package"))
        if spec is None or spec.origin is None:
            sys.exit("tools/demo: the demo extra is missing; run tools/setup")
        target = folder / row["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(spec.origin).parent / row.pop("file"), target)
        credits.append(row)
    with (folder / "credits.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, credits[0])
        writer.writeheader()
        writer.writerows(credits)


def _tags(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) or ["photo"]


def _photos_of(split: str, most: int = 4) -> list[str]:
    """Return the files of some photos of a split of the shards."""
    import pyarrow.parquet as pq

    from dataprep.photos.folder import PhotoFolder

    tables = map(pq.read_table, Path("shards").glob(f"{split}-*.parquet"))
    keys = sorted({key for table in tables for key in table["photo_key"].to_pylist()})
    kept = {photo.key: photo.path for photo in PhotoFolder(Path("photos")).kept()}
    return [f"photos/{kept[key]}" for key in keys[:most]]


@contextmanager
def _flickr_server(photos: Path) -> Iterator[str]:
    command = [str(TOOLS / "flickr-server"), "--photos", str(photos)]
    _say(f"$ tools/flickr-server --photos {photos} --port 0 &")
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


if __name__ == "__main__":
    main(prog_name="tools/demo")
