"""An experiment runs from photo folder to figure, by the commands that people type."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running import output_of

pytestmark = pytest.mark.slow

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
FEW = ["--set", "threads=1", "--set", "workers=0", "--limit", "2"]
TILES = 2  # each way; enough photos that every split gets some


@pytest.fixture(scope="module")
def photos(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo folder of tiles of the demo photographs, half of them beaches, half oceans."""
    root = tmp_path_factory.mktemp("tiles")
    for number, path in enumerate(sorted(demo_photos.rglob("*.*"))):
        image = Image.open(path).convert("RGB")
        edges = (image.width // TILES, image.height // TILES)
        for tile in range(TILES * TILES):
            left, top = tile % TILES * edges[0], tile // TILES * edges[1]
            folder = root / "in" / ("beach", "ocean")[(number + tile) % 2]
            folder.mkdir(parents=True, exist_ok=True)
            cut = image.crop((left, top, left + edges[0], top + edges[1]))
            cut.resize((288, 256)).save(folder / f"{path.stem}-{tile}.png")
    output_of(
        Path(sys.executable).parent / "dataprep", "import", root / "in", "--out", root / "photos"
    )
    return root / "photos"


def _tool(name: str, *words: str | Path) -> str:
    return output_of(sys.executable, EXPERIMENTS / f"{name}.py", *words)


def _is_a_picture(path: Path) -> bool:
    with Image.open(path) as image:
        return float(np.asarray(image.convert("L")).std()) > 0


def test_an_experiment_runs_from_photo_folder_to_figure(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    where = ["--photos", photos, "--palette-photos", photos, "--out", out]
    few = ["--count", "4", "--epochs", "1", "--set", "batch_size=4", *FEW]
    few += ["--set", "max_steps=2", "--set", "val_samples=2"]
    output = _tool("experiment", "sun-2cat-6", *where, *few)
    result = (out / "result.md").read_text()
    assert result in output
    assert "The poster observed: at most 2 colours an image" in result
    rows = [line.split("|") for line in result.splitlines() if line.startswith("| t")]
    assert [row[1].strip() for row in rows] == ["train", "test"]
    assert all(1 <= float(row[2]) <= 6 for row in rows)
    for picture in ("result.png", "contact-sheet.png", "palette.png"):
        assert _is_a_picture(out / picture)
