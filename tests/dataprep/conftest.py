"""Fixtures of dataprep's tests: photo folders of real photographs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from colorfiles.storage import Storage
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards
from dataprep.sources.folder import import_folder


@pytest.fixture(scope="session")
def photo_tree(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of about 30 JPEGs: different parts of real photographs, wide, tall and small."""
    root = tmp_path_factory.mktemp("photo-tree")
    shapes = [(480, 320), (300, 400), (320, 240), (256, 256), (600, 300)]
    number = 0
    for path in sorted(demo_photos.rglob("*.*")):
        image = Image.open(path).convert("RGB")
        for column in range(2):
            for row in range(2):
                shape = shapes[number % len(shapes)]
                left, top = column * image.width // 2, row * image.height // 2
                part = image.crop((left, top, left + image.width // 2, top + image.height // 2))
                (root / path.parent.name).mkdir(exist_ok=True)
                target = root / path.parent.name / f"{path.stem}-{column}{row}.jpg"
                part.resize(shape, Image.Resampling.LANCZOS).save(target, quality=92)
                number += 1
    return root


@pytest.fixture(scope="session")
def photo_folder(photo_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photo folder that importing ``photo_tree`` makes; read only, please."""
    out = tmp_path_factory.mktemp("photos")
    import_folder(photo_tree, out)
    assert len(PhotoFolder(out).kept()) >= 20
    return out


@pytest.fixture(scope="session")
def small_palette() -> Palette:
    """Nine bins on a square around neutral."""
    steps = (-0.12, 0.0, 0.12)
    centers = np.array([(u, v) for u in steps for v in steps])
    return Palette(centers=centers, prior=np.full(9, 1 / 9))


@pytest.fixture(scope="session")
def sound_set(
    photo_folder: Path, small_palette: Palette, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The shard set of ``photo_folder`` at 64 pixels; read only, please."""
    out = tmp_path_factory.mktemp("sound")
    write_shards(
        PhotoFolder(photo_folder).kept(),
        Storage(str(photo_folder)),
        Storage(str(out)),
        palette=small_palette,
        settings=ShardSettings(ViewSettings(size=64)),
        engine=LocalEngine(1),
    )
    return out
