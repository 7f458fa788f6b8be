"""Photos of the server: real photographs, cropped and relit for every id."""

import io
import random
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

SIZES = {"m": 500, "z": 640, "c": 800, "l": 1024}  # the longest edge of url_m, url_z, url_c, url_l
FIRST_ID = 49_000_000_000
FIRST_UPLOAD = 1_262_304_000  # 2010-01-01
_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Entry:
    """One photo of the library.

    Args:
        id: as Flickr gives it; hostile tests put other text here.
        tags: what it is found by.
        uploaded: seconds since 1970.
        license: id of its licence.
        source: the photograph it is made from.
        variant: seed of the cut and the light; the same source and variant give the same bytes.
        sizes: letters of ``SIZES`` that exist.
        kind: ``photo``, ``gray``, ``sepia``, ``placeholder`` (one image for all), ``png``, ``gif``,
            ``html``, ``broken``, ``wrong-size``, ``noai``, ``gone``, ``huge`` or ``bomb`` (many
            pixels).
        image_url: where the image is said to be, instead of at this server.
        redirect_to: where the image's address redirects to.
        public: a private photo isn't found, and asked for it says so.
    """

    id: str
    tags: tuple[str, ...]
    uploaded: int
    license: int
    source: Path
    variant: int
    title: str = ""
    owner: str = "12345678@N08"
    owner_name: str = "Somebody"
    sizes: str = "mzcl"
    kind: str = "photo"
    image_url: str = ""
    redirect_to: str = ""
    public: bool = True
    secret: str = "5ec4e7"


class Library:
    """The entries by id, which may change while the server runs."""

    def __init__(self, entries: list[Entry], *, cache_bytes: int = 400_000_000) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self._cache: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._cached = 0
        self._cache_bytes = cache_bytes
        self._lock = threading.Lock()

    def change(self, entry_id: str, **changes: Any) -> None:
        """Change an entry: another licence, another kind, private…"""
        self.entries[entry_id] = replace(self.entries[entry_id], **changes)

    def vanish(self, entry_id: str) -> None:
        """Delete an entry, as its owner could."""
        del self.entries[entry_id]

    def find(self, tag: str, licenses: set[int] | None, first: int, last: int) -> list[Entry]:
        """Return the public entries of a tag in a range of upload dates, oldest first."""
        result = [
            entry
            for entry in list(self.entries.values())
            if (not tag or tag in entry.tags)
            and entry.public
            and (licenses is None or entry.license in licenses)
            and first <= entry.uploaded <= last
        ]
        return sorted(result, key=lambda entry: (entry.uploaded, entry.id))

    def dimensions(self, entry: Entry, size: str) -> tuple[int, int]:
        """Return width and height that the API states for one size."""
        width, height = _cut_size(entry)
        scale = SIZES[size] / max(width, height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def image(self, entry: Entry, size: str) -> tuple[bytes, str]:
        """Return the bytes and content type of one size."""
        if entry.kind == "placeholder":
            return _placeholder(), "image/jpeg"
        if entry.kind == "html":
            return b"<html><body>Not today.</body></html>", "text/html"
        key = (entry.id, size)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key], "image/jpeg"
        data = _render(entry, self.dimensions(entry, size))
        with self._lock:
            self._cache[key] = data
            self._cached += len(data)
            while self._cached > self._cache_bytes:
                self._cached -= len(self._cache.popitem(last=False)[1])
        return data, "image/jpeg"


def make_library(
    photos: Path,
    *,
    tags: tuple[str, ...],
    per_tag: int,
    seed: int = 0,
    step_s: int = 3_600,
    licenses: tuple[int, ...] = (4, 5, 7, 9, 10, 0, 3),
    common: int = 10,
) -> Library:
    """Make a library of ``per_tag`` photos a tag from the photographs in a folder.

    Args:
        photos: a folder tree of JPEG and PNG photographs; a sub-folder's name is a tag of what is
            made from the photographs in it.
        tags: what can be searched for.
        per_tag: photos of each tag.
        seed: of cuts, licences, sizes, titles.
        step_s: seconds between uploads; 0 gives every photo the same second.
        licenses: drawn from evenly.
        common: every so many-th photo bears the next tag too.
    """
    sources = sorted(path for path in photos.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not sources:
        raise SystemExit(f"flickr-server: {photos}: no JPEG or PNG photographs in this folder")
    rng = random.Random(seed)
    entries = []
    for index in range(per_tag * len(tags)):
        source = sources[index % len(sources)]
        some = _tags_of(index, tags, common)
        folder = source.relative_to(photos).parts[:-1]
        entries.append(
            Entry(
                id=str(FIRST_ID + index * 7),
                tags=tuple(dict.fromkeys((*some, *folder[:1]))),
                uploaded=FIRST_UPLOAD + index * step_s,
                license=rng.choice(licenses),
                source=source,
                variant=seed * 1_000_003 + index,
                title=f"{some[0].capitalize()} no. {index}",
                owner=f"{10_000_000 + index % 997}@N0{index % 10}",
                owner_name=f"Owner {index % 997}",
                sizes=rng.choice(("mzcl", "mzcl", "mz", "m", "mzc")),
                secret=f"{rng.getrandbits(40):010x}",
            )
        )
    return Library(entries)


def _tags_of(index: int, tags: tuple[str, ...], common: int) -> list[str]:
    """Return the tag of a photo, and of every ``common``-th photo the next one too."""
    number, turn = index % len(tags), index // len(tags)
    both = common and turn % common == common - 1
    return [tags[number], *([tags[(number + 1) % len(tags)]] if both else [])]


def _cut_size(entry: Entry) -> tuple[int, int]:
    rng = random.Random(entry.variant)
    return rng.choice(((4, 3), (3, 2), (3, 4), (16, 9), (1, 1), (2, 3)))


@lru_cache(maxsize=16)
def _source(path: Path) -> Image.Image:
    with Image.open(path) as image:
        upright = image.convert("RGB")
    upright.thumbnail((1600, 1600))
    return upright


def _render(entry: Entry, size: tuple[int, int]) -> bytes:
    """Cut a random part, mirror it perhaps, and light it from somewhere else."""
    if entry.kind == "broken":
        return _render(replace(entry, kind="photo"), size)[: 2_000 + entry.variant % 1_000]
    if entry.kind == "wrong-size":
        size = (max(1, size[0] // 4), max(1, size[1] // 4))
    if entry.kind == "bomb":
        return _encode(Image.new("1", (12_000, 9_000)), "PNG")
    rng = np.random.default_rng(entry.variant)
    image = _cut(_source(entry.source), size, rng)
    light = Image.fromarray(rng.integers(90, 256, (4, 4), dtype=np.uint8)).resize(
        image.size, Image.Resampling.BICUBIC
    )
    lit = Image.composite(image, Image.new("RGB", image.size, (12, 12, 24)), light)
    if entry.kind == "gray":
        lit = lit.convert("L").convert("RGB")
    if entry.kind == "sepia":
        lit = ImageOps.colorize(lit.convert("L"), (10, 5, 0), (255, 240, 205), (130, 98, 66))
    return _encode(lit, {"png": "PNG", "gif": "GIF"}.get(entry.kind, "JPEG"))


def _cut(image: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    share = rng.uniform(0.5, 1.0)
    ratio = size[0] / size[1]
    height = min(image.height, image.width / ratio) * share
    width = height * ratio
    left = rng.uniform(0, image.width - width)
    top = rng.uniform(0, image.height - height)
    cut = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else cut


def _encode(image: Image.Image, format_name: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, quality=82)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _placeholder() -> bytes:
    """A colourful picture with texture, so that only its repetition gives it away."""
    rows, columns = np.mgrid[0:480, 0:640]
    waves = np.stack(
        [127 + 120 * np.sin(rows / 31), 127 + 120 * np.sin(columns / 17), (rows + columns) % 256],
        axis=-1,
    )
    return _encode(Image.fromarray(waves.astype(np.uint8)), "JPEG")
