"""The network that comes with the package: small, licensed, whole, and used by default."""

import csv
import json
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from colorcore import Palette, uv_to_bins
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.options import PredictionOptions
from colorunet.errors import ColorunetError
from colorunet.networks import build_network
from colorunet.parameters.checkpoint import load_run, save_parameters, save_tensors
from colorunet.parameters.shipped import (
    DEFAULT_NETWORK,
    SHIPPED_NETWORKS,
    run_or_shipped,
    shipped_run,
)
from trainer.config.recipe import Recipe

ROOT = Path(__file__).parents[3]
NETWORKS = ROOT / "packages" / "colorunet" / "networks_shipped"
FILES = ("best.safetensors", "best.json", "palette.json", "photos.csv", "MODEL_CARD.md")
LICENSES = {"CC-BY", "CC-BY-SA", "CC0/PD", "MIT", "Unsplash", "Pexels"}
each_network = pytest.mark.parametrize("name", sorted(SHIPPED_NETWORKS))


def _colorize(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trainer", "colorize", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def photo(demo_photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    image = Image.open(next(demo_photos.rglob("flower.jpg"))).convert("L")
    image.resize((320, 213)).save(path)
    return path


def _half_run(folder: Path, palette: Palette) -> tuple[Path, dict[str, torch.Tensor]]:
    """A run as experiments/train-shipped leaves it: float16 parameters, a decoding of its own."""
    torch.manual_seed(3)
    recipe = Recipe.from_dict({"network": {"width": 8, "depth": 3}})
    network = build_network(recipe.network, bins=palette.n, size=32)
    half = {name: tensor.half() for name, tensor in network.state_dict().items()}
    meta = {"palette": palette.to_dict(), "recipe": recipe.to_dict(), "size": 32, "step": 7}
    decoding = {"temperature": 0.3, "saturation": 1.2, "top_mode_radius": None}
    folder.mkdir(parents=True)
    save_parameters(folder, "best", half, meta | {"decoding": decoding})
    return folder, half


def test_half_precision_parameters_load_to_single(small_palette: Palette, tmp_path: Path) -> None:
    run, half = _half_run(tmp_path / "run", small_palette)
    with safe_open(run / "best.safetensors", framework="pt") as stored:
        assert {stored.get_tensor(name).dtype for name in stored.keys()} == {torch.float16}  # noqa: SIM118
    trained = load_run(run)
    for name, tensor in trained.network.state_dict().items():
        assert tensor.dtype == torch.float32, name
        assert torch.equal(tensor, half[name].float()), name
    assert trained.network(torch.rand(1, 1, 32, 32)).dtype == torch.float32


def test_a_run_is_decoded_as_it_was_shipped_unless_told_otherwise(
    small_palette: Palette, tmp_path: Path
) -> None:
    meta = load_run(_half_run(tmp_path / "run", small_palette)[0]).meta
    assert Decoding.of_run(meta) == Decoding(0.3, 1.2)
    assert PredictionOptions(temperature=0.5, saturation=1.0).decoding(meta) == Decoding(0.5, 1.0)


def test_the_wheel_takes_the_whole_folder_along() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert "packages/colorunet" in settings["targets"]["wheel"]["packages"]
    assert "packages/colorunet/networks_shipped/**" in settings["artifacts"]
    assert not settings["targets"]["wheel"].get("exclude")


@pytest.mark.slow
def test_a_built_wheel_holds_the_network(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    for network in SHIPPED_NETWORKS:
        for name in FILES:
            assert f"colorunet/networks_shipped/{network}/{name}" in names


@each_network
def test_the_shipped_network_is_small_and_whole(name: str) -> None:
    folder = NETWORKS / name
    missing = [file for file in FILES if not (folder / file).is_file()]
    assert missing == []
    assert (folder / "best.safetensors").stat().st_size <= 16_000_000
    trained = load_run(folder)
    parameters = list(trained.network.parameters())
    assert sum(parameter.numel() for parameter in parameters) <= 8_000_000
    assert all(bool(torch.isfinite(parameter).all()) for parameter in parameters)
    with safe_open(folder / "best.safetensors", framework="pt") as stored:
        assert {stored.get_tensor(name).dtype for name in stored.keys()} == {torch.float16}  # noqa: SIM118


@each_network
def test_the_shipped_palette_is_the_one_that_was_trained_with(name: str) -> None:
    folder = NETWORKS / name
    palette = Palette.from_dict(json.loads((folder / "palette.json").read_text()))
    trained = load_run(folder)
    assert palette.fingerprint == trained.palette.fingerprint
    assert trained.network.bins == palette.n


@each_network
def test_every_photo_trained_on_has_a_licence_that_allows_publishing(name: str) -> None:
    folder = NETWORKS / name
    with (folder / "photos.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    trained_on = [row for row in rows if row["split"] == "train"]
    assert len(trained_on) > 100
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        assert row["license"], row["key"]
        assert row["license_class"] in LICENSES, row["key"]
        assert len(row["sha256"]) == 64, row["key"]


@each_network
def test_the_model_card_tells_what_was_measured(name: str) -> None:
    folder = NETWORKS / name
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    for heading in ("Photos and licences", "Recipe and command", "Bars", "Failures", "Limits"):
        assert f"## {heading}" in card
    decoding = load_run(folder).meta["decoding"]
    assert f"Temperature {decoding['temperature']:g}" in card
    for line in card.splitlines():
        if "](" in line and "://" not in line:
            assert (folder / line.split("](")[1].split(")")[0]).is_file(), line


def test_colorize_works_right_after_installing(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = _colorize(photo, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["network"] == DEFAULT_NETWORK
    shipped = load_run(NETWORKS / DEFAULT_NETWORK).meta["decoding"]
    assert summary["decoding"]["temperature"] == shipped["temperature"]
    given = np.asarray(Image.open(out / "photo.jpg").convert("RGB")).astype(int)
    assert given.shape == (213, 320, 3)
    assert (given.max(-1) - given.min(-1)).mean() > 1  # it isn't gray


def test_another_network_is_chosen_by_its_name(photo: Path, tmp_path: Path) -> None:
    done = _colorize(photo, "--network", "colorunet-listed", "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["network"] == "colorunet-listed"
    wrong = _colorize(photo, "--network", "colorunet-liste", "-o", tmp_path / "wrong")
    assert wrong.returncode == 1
    assert "expected colorunet or colorunet-listed" in wrong.stderr
    assert not (tmp_path / "wrong").exists()


def test_a_name_stands_for_a_shipped_network_and_a_folder_for_itself(
    small_palette: Palette, tmp_path: Path
) -> None:
    assert run_or_shipped("colorunet-listed") == shipped_run("colorunet-listed")
    assert run_or_shipped("colorunet-small") == shipped_run("colorunet-listed")  # its former name
    run, _ = _half_run(tmp_path / "run", small_palette)
    assert run_or_shipped(str(run)) == run
    with pytest.raises(ColorunetError, match="or the folder of a run"):
        run_or_shipped(str(tmp_path / "nothing"))


@each_network
def test_a_shipped_network_colours_a_photo_in_more_than_two_colors(photo: Path, name: str) -> None:
    folder = NETWORKS / name
    trained = load_run(folder)
    uv = Colorizer.of_run(trained).chroma(np.asarray(Image.open(photo)))
    assert len(_fullest(uv, trained.palette)) > 2


def _fullest(uv: np.ndarray, palette: Palette) -> Sequence[int]:
    counts = np.bincount(np.asarray(uv_to_bins(uv, palette)).ravel(), minlength=palette.n)
    return [bin_ for bin_, count in enumerate(counts) if count >= 0.01 * counts.sum()]


def test_parameters_are_readable_as_other_files_are(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    save_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(3)}, {})
    assert (tmp_path / "x.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode
