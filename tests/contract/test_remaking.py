"""Samples are made again from a shard set and its photos by the steps of docs/shard-format.md.

Only the nearest bin and the encoding of JPEGs come from the project and Pillow; every other step
is written here as the document words it.
"""

import io
import json
import tarfile
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import zstandard
from PIL import Image, ImageOps

from colorcore import Palette, uv_to_bins
from colorfiles.engines.local import LocalEngine
from colorfiles.storage import Storage
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards
from dataprep.sources.folder import import_folder

SIZE = 48
# Stored width and height, EXIF orientation, and the divisor that the document gives.
SHAPES = [
    ((80, 61), 1, 1),
    ((97, 151), 1, 2),
    ((193, 293), 6, 4),
    ((387, 401), 3, 8),
    ((391, 600), 8, 8),
    ((95, 97), 1, 1),
]


@pytest.fixture(scope="module")
def photos(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo folder of JPEGs that are decoded at each scale, and of one PNG."""
    root, out = tmp_path_factory.mktemp("odd"), tmp_path_factory.mktemp("photos")
    images = [Image.open(path).convert("RGB") for path in sorted(demo_photos.rglob("*.*"))]
    for number, ((width, height), orientation, _) in enumerate(SHAPES):
        exif = Image.Exif()
        exif[0x0112] = orientation
        resized = images[number].resize((width, height), Image.Resampling.LANCZOS)
        resized.save(root / f"p{number}.jpg", quality=90, exif=exif)
    images[-1].resize((151, 113)).save(root / "lossless.png")
    import_folder(root, out)
    return out


@pytest.fixture(scope="module")
def shards(photos: Path, small_palette: Palette, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards")
    write_shards(
        PhotoFolder(photos).kept(),
        Storage(str(photos)),
        Storage(str(out)),
        palette=small_palette,
        settings=ShardSettings(ViewSettings(size=SIZE, luma="png", noise_sigma=0.04, seed=3)),
        engine=LocalEngine(1),
    )
    return out


def _divisor(width: int, height: int) -> int:
    short, long = sorted((width, height))
    fits = [s for s in (8, 4, 2, 1) if s * SIZE <= short and s * round(long * SIZE / short) <= long]
    return fits[0] if fits else 1


def _resized(data: bytes, row: dict[str, Any]) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    divisor = 1
    if image.format == "JPEG":
        divisor = _divisor(*image.size)
        image.draft("RGB", (image.width // divisor, image.height // divisor))
    full = Image.open(io.BytesIO(data))
    upright = ImageOps.exif_transpose(full).size
    rgb = ImageOps.exif_transpose(image).convert("RGB")
    assert rgb.size == tuple(-(-edge // divisor) for edge in upright)
    box = (0, 0, upright[0] / divisor, upright[1] / divisor)
    shape = (row["resized_width"], row["resized_height"])
    return rgb.resize(shape, Image.Resampling.LANCZOS, box=box)


def _cut(pixels: np.ndarray, row: dict[str, Any]) -> np.ndarray:
    left, top, size = row["crop_left"], row["crop_top"], row["crop_size"]
    part = pixels[top : top + size, left : left + size]
    return part[:, ::-1] if row["flip"] else part


def _with_noise(luma: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    words = np.random.SFC64(seed).random_raw(-(-luma.size // 4))
    ranks = [int(word) >> shift & 0xFFFF for word in words for shift in (0, 16, 32, 48)]
    normal = NormalDist(0, 255 * sigma)
    added = [round(normal.inv_cdf((rank + 0.5) / 65536)) for rank in ranks[: luma.size]]
    return np.clip(luma.astype(int) + np.reshape(added, luma.shape), 0, 255).astype(np.uint8)


def test_every_sample_is_made_again_bit_for_bit(shards: Path, photos: Path) -> None:
    palette = Palette.from_dict(json.loads((shards / "index.json").read_text())["palette"])
    folder, remade = PhotoFolder(photos), 0
    for table in sorted(shards.glob("*.parquet")):
        with tarfile.open(table.with_suffix(".tar")) as tar:
            for row in pq.read_table(table).to_pylist():
                photo = folder.get(row["photo_key"])
                assert photo is not None
                rgb = _resized(folder.read(photo), row)
                red, green, blue = np.moveaxis(np.asarray(rgb) / 255, -1, 0)
                y = 0.299 * red + 0.587 * green + 0.114 * blue
                uv = np.stack((0.436 * (blue - y) / 0.886, 0.615 * (red - y) / 0.701), -1)
                luma = _cut(np.asarray(rgb.convert("L")), row)
                if row["noise_sigma"]:
                    luma = _with_noise(luma, row["noise_sigma"], row["noise_seed"])
                stored = _members(tar, row["sample_key"])
                bins = np.frombuffer(zstandard.decompress(stored["bins.zst"]), np.uint8)
                assert np.array_equal(np.asarray(Image.open(io.BytesIO(stored["y.png"]))), luma)
                # A tie between two centres may fall the other way in another order of sums.
                nearest = _cut(uv_to_bins(uv, palette), row)
                assert np.mean(bins.reshape(SIZE, SIZE) == nearest) > 0.999
                if "rgb.jpg" in stored:
                    assert _jpeg(_cut(np.asarray(rgb), row)) == stored["rgb.jpg"]
                remade += 1
    assert remade >= 5 * 3


def _members(tar: tarfile.TarFile, key: str) -> dict[str, bytes]:
    names = [name for name in tar.getnames() if name.startswith(f"{key}.")]
    return {name.partition(".")[2]: tar.extractfile(name).read() for name in names}  # type: ignore[union-attr]


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


@pytest.mark.parametrize(("shape", "_orientation", "divisor"), SHAPES)
def test_the_photos_are_decoded_at_each_scale(
    shape: tuple[int, int], _orientation: int, divisor: int
) -> None:
    assert _divisor(*shape) == divisor
