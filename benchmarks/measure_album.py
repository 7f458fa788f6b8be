#!/usr/bin/env python
"""Matches of ``--album`` and their effect on colours, on photos of different scenes.

Two views of each photo stand for two photos of one scene: its left and its right half, which have
no pixel in common; or two crops that overlap. One view of each photo is the album, the other, gray,
is coloured: without an album, with it, and with an album that has all photos but its own.

    benchmarks/measure_album.py PHOTOS --photos 300 --gray 60
"""

import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from PIL import Image

from colorcore import ciede2000, rgb_to_lab, rgb_to_yuv, yuv_to_rgb
from colorunet import Colorizer, Steering
from colorunet.coloring.steering.album import Album, AlbumMatch
from colorunet.coloring.steering.album_index import photo_names
from colorunet.evidence.network_mark import parameters_sha256
from colorunet.parameters.shipped import shipped_run

_EDGE_PX = 256
_STEP = 4  # every 4th pixel along both axes is compared
View = Callable[[Image.Image], Image.Image]


def _crop(left: float, top: float, right: float, bottom: float) -> View:
    def view(image: Image.Image) -> Image.Image:
        width, height = image.size
        box = (left * width, top * height, right * width, bottom * height)
        return image.crop(tuple(map(round, box)))

    return view


VIEWS = {  # in the album, and gray
    "halves": (_crop(0, 0, 0.5, 1), _crop(0.5, 0, 1, 1)),
    "overlapping": (_crop(0, 0, 0.62, 0.62), _crop(0.25, 0.25, 1, 1)),
}


class _Gray:
    """A photo whose colours are known, as the network sees it."""

    def __init__(self, colorizer: Colorizer, image: Image.Image) -> None:
        scale = _EDGE_PX / min(image.size)
        small = image.resize((round(image.width * scale), round(image.height * scale)))
        rgb = np.asarray(small, np.float32) / 255
        self._yuv = rgb_to_yuv(rgb)
        self._lab = rgb_to_lab(rgb[::_STEP, ::_STEP])
        self.luma = np.rint(self._yuv[..., 0] * 255).astype(np.uint8)
        self._colorizer, self._seen = colorizer, colorizer.see(self.luma)

    def error(self, match: AlbumMatch | None) -> float:
        """Return the mean CIEDE2000 with the colours of a match."""
        steering = Steering(reference=None if match is None else match.reference)
        uv = self._colorizer.steered(self._seen, steering)[::_STEP, ::_STEP]
        yuv = np.concatenate([self._yuv[::_STEP, ::_STEP, :1], uv], axis=-1)
        return float(ciede2000(rgb_to_lab(yuv_to_rgb(yuv)), self._lab).mean())


def _without(album: Album, name: str) -> Album:
    photos = tuple(photo for photo in album.index.photos if photo.name != name)
    return Album(album.folder, replace(album.index, photos=photos), album.network)


def _measure(colorizer: Colorizer, paths: list[Path], gray: int, views: tuple[View, View]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COLORUNET_ALBUMS"] = str(Path(folder) / "index")
        photos = Path(folder) / "photos"
        photos.mkdir()
        for number, path in enumerate(paths):
            with Image.open(path) as image:
                view = views[0](image.convert("RGB"))
                view.save(photos / f"{number:05}.jpg", quality=92, subsampling=0)
        started, network = time.process_time(), shipped_run()
        names, sha256 = photo_names(photos), parameters_sha256(network)
        album = Album.open(photos, names, network, sha256)
        indexed_s = (time.process_time() - started) / len(names)
        rows, looking_s = [], 0.0
        for number in range(0, len(paths), max(1, len(paths) // gray)):
            with Image.open(paths[number]) as image:
                of = _Gray(colorizer, views[1](image.convert("RGB")))
            cells = album.features(of.luma)
            started = time.process_time()
            album.most_alike(cells)
            looking_s += time.process_time() - started
            own = album.nearest(of.luma)
            strange = _without(album, f"{number:05}.jpg").nearest(of.luma)
            is_found = own.name == f"{number:05}.jpg"
            before = of.error(None)
            changes = [of.error(match) - before for match in (own, strange)]
            rows.append([is_found, own.weight > 0, strange.weight > 0, before, *changes])
    found, used, strange_used, before, change, strange_change = np.array(rows, float).T
    spent = f"index {indexed_s * 1000:.0f} ms, looking up {looking_s / len(rows) * 1000:.1f} ms"
    lines = (
        f"{len(rows)} gray photos; own scene is the nearest of {len(paths)} in {found.mean():.0%}",
        f"used: own scene {used.mean():.0%}, with strange ones alone {strange_used.mean():.0%}",
        f"CIEDE2000 without: {before.mean():.2f}",
        f"own scene in the album: {change.mean():+.2f}; where used {change[used > 0].mean():+.2f}",
        f"strange ones alone: {strange_change.mean():+.2f}, worst {strange_change.max():+.2f}",
        f"CPU a photo: {spent}",
    )
    click.echo("\n".join(f"  {line}" for line in lines))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--photos", default=300, show_default=True, help="In the album.")
@click.option("--gray", default=60, show_default=True, help="That are coloured.")
@click.option("--seed", default=0, show_default=True)
def main(folder: Path, photos: int, gray: int, seed: int) -> None:
    """Measure --album on photos of FOLDER, of different scenes."""
    paths = [folder / name for name in photo_names(folder)]
    paths = random.Random(seed).sample(paths, min(photos, len(paths)))
    colorizer = Colorizer.load(threads=1)
    for name, views in VIEWS.items():
        click.echo(name)
        _measure(colorizer, paths, gray, views)


if __name__ == "__main__":
    main()
