"""``--hub DIR``: what a model hub shows, and a run that loads as any other."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from colorcore import Palette
from colorunet.cli import app
from colorunet.coloring.colorizer import Colorizer
from colorunet.parameters.shipped import is_run, shipped_run

pytest.importorskip("onnx")


@pytest.fixture
def photo(demo_photos: Path) -> np.ndarray:
    with Image.open(demo_photos / "skimage" / "chelsea.png") as image:
        return np.asarray(image.convert("L"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("hub") / "my-model"
    done = CliRunner().invoke(app, ["export", "colorunet-listed", "--hub", str(target), "--json"])
    assert done.exit_code == 0, done.output + repr(done.exception)
    assert json.loads(done.stdout)["files"] == sorted(path.name for path in target.iterdir())
    return target


def test_the_card_is_one_that_the_hub_reads(folder: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard.load(folder / "README.md")
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "colorunet"
    assert card.data.pipeline_tag == "image-to-image"
    assert "## Use" in card.text
    assert "## Photos and licences" in card.text


def test_every_file_that_the_card_links_is_there(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    links = set(re.findall(r"\]\(([^):#]+)\)", text))
    assert {"photos.csv", "pictures.jpg"} <= links
    assert not [link for link in links if not (folder / link).is_file()]


def test_the_configuration_has_palette_and_decoding(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert config["model_type"] == "colorunet"
    assert Palette.from_dict(config["palette"]).n == config["bins"]
    assert "temperature" in config["decoding"]


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_the_folder_colours_as_the_network_does(
    backend: str, folder: Path, photo: np.ndarray
) -> None:
    assert is_run(folder)
    expected = Colorizer.load("colorunet-listed").colorize(photo).astype(int)
    result = Colorizer.load(folder, backend=backend).colorize(photo)  # type: ignore[arg-type]
    assert np.abs(expected - result).max() <= 1


def test_other_files_in_the_folder_are_not_mixed_with(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    done = CliRunner().invoke(app, ["export", "colorunet-listed", "--hub", str(tmp_path)])
    assert "thesis.tex" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_a_kill_left_is_gone_on_with_and_a_card_that_was_edited_stays(folder: Path) -> None:
    (folder / "README.md").write_text("mine")
    (folder / "network.onnx").unlink()
    (folder / ".colorunet.0123456789abcdef.tmp").write_bytes(b"half")
    done = CliRunner().invoke(app, ["export", "colorunet-listed", "--hub", str(folder)])
    assert done.exit_code == 0, repr(done.exception)
    assert (folder / "README.md").read_text() == "mine"
    assert (folder / "network.onnx").is_file()
    assert not list(folder.glob(".*"))


def test_another_network_and_other_peoples_files_of_these_names_are_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("my project")
    words = ["export", "colorunet-listed", "--overwrite", "--hub", str(tmp_path)]
    assert "README.md" in str(CliRunner().invoke(app, words).exception)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert "README.md" in str(CliRunner().invoke(app, words).exception)
    (tmp_path / "config.json").write_text('{"model_type": "colorunet"}')
    words.remove("--overwrite")
    assert "--overwrite replaces it" in str(CliRunner().invoke(app, words).exception)
    assert (tmp_path / "README.md").read_text() == "my project"


def test_what_a_link_in_a_run_points_to_is_not_given_away(tmp_path: Path) -> None:
    secret, run, target = tmp_path / "secret.txt", tmp_path / "run", tmp_path / "hub"
    secret.write_text("not for others")
    shutil.copytree(shipped_run("colorunet-listed"), run)
    (run / "photos.csv").unlink()
    (run / "photos.csv").symlink_to(secret)
    done = CliRunner().invoke(app, ["export", str(run), "--hub", str(target)])
    assert done.exit_code == 1
    assert "photos.csv" in str(done.exception)
    assert all(b"not for others" not in path.read_bytes() for path in target.iterdir())


@pytest.mark.parametrize("metrics", [[1], {"x](javascript:1) <b>": 1.0, "loss": 0.25}])
def test_measures_of_a_strangers_run_are_plain_words_in_the_card(
    metrics: object, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(shipped_run("colorunet-listed"), run)
    about = json.loads((run / "best.json").read_text()) | {"metrics": metrics, "name": []}
    (run / "best.json").write_text(json.dumps(about))
    done = CliRunner().invoke(app, ["export", str(run), "--hub", str(tmp_path / "hub")])
    assert done.exit_code == 0, done.exception
    card = (tmp_path / "hub" / "README.md").read_text()
    assert "javascript" not in card
    assert "<b>" not in card
    assert ("- loss: 0.250" in card) == isinstance(metrics, dict)
