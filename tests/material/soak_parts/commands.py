"""The commands that write something, each on small inputs of its own, as a person types them."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from flickr_server.library import make_library
from flickr_server.server import FlickrServer
from PIL import Image

from soak_parts.warm_start import WarmStart

NETWORK = "colorunet-listed"
_CLIP_FRAMES = 150  # a stretch of 120, and the beginning of the next
_FIT = "width=8 depth=3 epochs=3 batch_size=4 crop=16 workers=0 threads=1 luma_noise=0"
_QUICKLY_COLORED = ("--network", NETWORK, "--working-edge", "32", "--scales", "1")
_LEVELS = (96, 160)  # of noise: few enough colours that k-means is quick
ENVIRONMENT = {
    "FLICKR_API_KEY": "any",
    "FLICKR_API_SECRET": "any",
    "OMP_NUM_THREADS": "1",
    "SOURCE_DATE_EPOCH": "1000000000",  # marks tell the day, so outputs differ across midnight
}


@dataclass(frozen=True)
class Command:
    """One command line of a workshop.

    Args:
        words: the program and its arguments; what it writes lies below the folder ``OUT``.
        starts_with: a folder that ``OUT`` is a copy of before the first run, where it changes one.
    """

    words: tuple[str, ...]
    starts_with: Path | None = None

    def prepare(self, out: Path) -> tuple[str, ...]:
        """Make ``out`` as it is before the first run; return the words with its name in them."""
        shutil.rmtree(out, ignore_errors=True)
        if self.starts_with is not None:
            shutil.copytree(self.starts_with, out)
        else:
            out.mkdir(parents=True)
        return tuple(word.replace("OUT", str(out)) for word in self.words)


class Workshop:
    """Inputs, each made once by the command that makes such things.

    Args:
        root: folder for all of it.
        starter: of commands.
        server: of Flickr's photos.
    """

    def __init__(self, root: Path, starter: WarmStart, server: FlickrServer) -> None:
        self.root = root
        self._starter = starter
        self._server = server

    def commands(self) -> dict[str, Command]:
        """Return every command that writes something, by its name; their inputs are made."""
        return {name: self.command(name) for name in NAMES}

    def command(self, name: str) -> Command:
        """Return one of them."""
        made: Command = getattr(self, f"_{name.replace('-', '_')}")()
        return made

    def _import(self) -> Command:
        return Command(("dataprep", "import", str(self.images), "--out", "OUT", "--workers", "1"))

    def _fetch_sun(self) -> Command:
        options = ("--classes", "all", "--per-class", "6")
        return Command(("dataprep", "fetch-sun", str(self.images), *options, "--out", "OUT"))

    def _fetch_flickr(self) -> Command:
        options = ("--tags", "beach,nature", "--count", "8", "--image-rate", "200")
        address = ("--api-url", self._server.api_url)
        return Command(("dataprep", "fetch-flickr", *options, *address, "--out", "OUT"))

    def _refresh(self) -> Command:
        words = ("dataprep", "refresh", "OUT", "--api-url", self._server.api_url)
        return Command((*words, "--license", "commercial"), starts_with=self.fetched)

    def _palette(self) -> Command:
        outputs = ("--out", "OUT/palette.json", "--plot", "OUT/palette.png")
        words = ("dataprep", "palette", str(self.photos), "--bins", "8", "--workers", "1")
        return Command((*words, *outputs))

    def _shard(self) -> Command:
        cut = ("--size", "32", "--views", "2", "--shard-size", "6", "--workers", "1")
        words = ("dataprep", "shard", str(self.photos), "--palette", str(self.palette))
        return Command((*words, "--split", "70/30/70/30", *cut, "--keep-rgb", "--out", "OUT"))

    def _inspect(self) -> Command:
        outputs = ("--html", "OUT/page.html", "--contact-sheet", "OUT/sheet.png")
        return Command(("dataprep", "inspect", str(self.shards), *outputs))

    def _fit(self) -> Command:
        settings = [word for setting in _FIT.split() for word in ("--set", setting)]
        words = ("trainer", "fit", str(self.shards), "--out", "OUT", "--device", "cpu")
        return Command((*words, "--save-every", "0.0001", *settings))

    def _evaluate(self) -> Command:
        outputs = ("--html", "OUT/page.html", "--contact-sheet", "OUT/sheet.png")
        words = ("trainer", "evaluate", str(self.run), str(self.shards), "--split", "val")
        return Command((*words, "--limit", "2", *outputs))

    def _calibrate(self) -> Command:
        words = ("trainer", "calibrate", "OUT", str(self.shards), "--limit", "2")
        return Command((*words, "--scales", "1"), starts_with=self.run)

    def _colorize(self) -> Command:
        words = ("colorunet", "colorize", str(self.images), *_QUICKLY_COLORED)
        return Command((*words, "--out", "OUT"))

    def _film(self) -> Command:
        return Command(("colorunet", str(self.clip), *_QUICKLY_COLORED, "--out", "OUT"))

    def _export(self) -> Command:
        return Command(("colorunet", "export", str(self.run), "--onnx", "OUT/network.onnx"))

    def _export_beside(self) -> Command:
        return Command(("colorunet", "export", "OUT"), starts_with=self.run)

    def _export_hub(self) -> Command:
        return Command(("colorunet", "export", str(self.run), "--hub", "OUT/model"))

    @cached_property
    def images(self) -> Path:
        """Two classes of twelve small colour images each, no two alike."""
        rng = np.random.default_rng(0)
        for number in range(24):
            folder = self.root / "images" / "ab"[number % 2] / ("abbey", "beach")[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(*_LEVELS, (6, 8, 3), dtype=np.uint8)
            image = Image.fromarray(pixels).resize((112, 84), Image.Resampling.BICUBIC)
            image.save(folder / f"sun_{'abcdefghijklmnopqrstuvwx'[number] * 16}.jpg", quality=90)
        return self.root / "images"

    @cached_property
    def clip(self) -> Path:
        """A film of two stretches, of which a killed call keeps the first; a pan over noise."""
        import av

        path = self.root / "clip.mp4"
        rng = np.random.default_rng(1)
        wide = Image.fromarray(rng.integers(0, 256, (6, 40), dtype=np.uint8))
        levels = np.asarray(wide.resize((64 + _CLIP_FRAMES, 48), Image.Resampling.BICUBIC))
        with av.open(str(path), "w") as file:
            stream = file.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for number in range(_CLIP_FRAMES):
                seen = np.ascontiguousarray(levels[:, number : number + 64])
                file.mux(stream.encode(av.VideoFrame.from_ndarray(seen, format="gray")))
            file.mux(stream.encode(None))
        return path

    @cached_property
    def photos(self) -> Path:
        """The photo folder of the images."""
        return self._made("photos", self._import())

    @cached_property
    def fetched(self) -> Path:
        """A photo folder from the server."""
        return self._made("fetched", self._fetch_flickr())

    @cached_property
    def palette(self) -> Path:
        """A palette of eight bins."""
        return self._made("palette", self._palette()) / "palette.json"

    @cached_property
    def shards(self) -> Path:
        """A shard set of samples of 32 pixels."""
        return self._made("shards", self._shard())

    @cached_property
    def run(self) -> Path:
        """A run of a few steps."""
        return self._made("run", self._fit())

    def _made(self, name: str, command: Command) -> Path:
        running = self._starter.start(command.prepare(self.root / name))
        if running.wait():
            raise RuntimeError(f"{name}: {running.err.read_text()}")
        return self.root / name


NAMES = (
    *("import", "fetch-sun", "fetch-flickr", "refresh", "palette", "shard", "inspect"),
    *("fit", "evaluate", "calibrate", "colorize", "film"),
    *("export", "export-beside", "export-hub"),
)


@contextmanager
def opened_workshop(
    root: Path, photographs: Path, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Workshop, WarmStart]]:
    """Give a workshop and what starts its commands; a Flickr-like server runs meanwhile."""
    library = make_library(photographs, tags=("beach", "nature"), per_tag=6, licenses=(4, 5, 9))
    root.mkdir(parents=True, exist_ok=True)
    with (
        FlickrServer(library) as server,
        WarmStart(root, {**ENVIRONMENT, **(environment or {})}) as starter,
    ):
        yield Workshop(root, starter, server), starter
