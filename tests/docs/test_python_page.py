"""The examples of docs/python.md and the cells of docs/colorize.ipynb, run as they stand there."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"
_EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(demo_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, source in (("photo", "skimage/coffee.png"), ("other", "sklearn/flower.jpg")):
        with Image.open(demo_photos / source) as image:
            image.convert("RGB").resize((150, 100)).save(tmp_path / f"{name}.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_example_of_the_page_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = _EXAMPLE.findall((DOCS / "python.md").read_text(encoding="utf-8"))
    assert len(examples) >= 9
    names: dict[str, object] = {}
    for number, example in enumerate(examples, start=1):
        exec(compile(example, f"python.md, example {number}", "exec"), names)
    assert (folder / "out" / "photo.jpg").is_file()
    assert (folder / "version-4.jpg").is_file()
    assert "hint 1: (100000, 0) lies outside the image of 150 × 100" in capsys.readouterr().out


def test_the_cells_of_the_notebook_run_and_have_no_pictures_in_them(folder: Path) -> None:
    book = json.loads((DOCS / "colorize.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 8
    names: dict[str, object] = {}
    for number, cell in enumerate(cells, start=1):
        assert cell["outputs"] == []
        source = "".join(cell["source"])
        exec(compile(source, f"colorize.ipynb, cell {number}", "exec"), names)
    with Image.open(folder / "photo-colored.png") as image:
        assert image.size == (150, 100)
