"""``trainer colorize`` as a user types it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from colorcore import Palette
from colorunet.networks import build_network
from colorunet.parameters.checkpoint import save_parameters
from trainer.cli import app
from trainer.config.recipe import Recipe


@pytest.fixture(scope="module")
def run(small_palette: Palette, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained run: its colours are arbitrary, its files are real."""
    torch.manual_seed(0)
    recipe = Recipe.from_dict({"network": {"width": 8, "depth": 3}})
    network = build_network(recipe.network, bins=small_palette.n, size=32)
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    meta = {"palette": small_palette.to_dict(), "recipe": recipe.to_dict(), "size": 32, "step": 0}
    for name in ("best", "last"):
        save_parameters(folder, name, network.state_dict(), meta)
    return folder


@pytest.fixture
def photos(demo_photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    photo = Image.open(next(demo_photos.rglob("flower.jpg"))).convert("RGB").resize((96, 64))
    photo.save(folder / "a.jpg")
    photo.convert("L").save(folder / "b.png")
    photo.save(folder / "more" / "a.jpg")
    return folder


def _colorize(*arguments: Path | str) -> Result:
    return CliRunner().invoke(
        app, ["colorize", *map(str, arguments), "--working-edge", "32"], catch_exceptions=True
    )


def _names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_is_coloured_without_one_output_replacing_another(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = _colorize(run, photos, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    assert _names(out) == ["a-2.jpg", "a.jpg", "b.png"]
    summary = json.loads(result.stdout)
    assert summary["colorized"] == 3
    assert {image["width"] for image in summary["images"]} == {96}


def test_the_luma_of_the_output_is_that_of_the_input(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    _colorize(run, photos / "b.png", "--out", tmp_path / "out")
    before = np.asarray(Image.open(photos / "b.png")).astype(int)
    with Image.open(tmp_path / "out" / "b.png") as image:
        assert image.mode == "RGB"
        assert np.abs(np.asarray(image.convert("L")).astype(int) - before).max() <= 1


def test_a_broken_image_costs_one_line_and_the_others_go_on(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    result = _colorize(run, photos, tmp_path / "gone.png", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        str(photos / "broken.jpg"),
        str(tmp_path / "gone.png"),
    ]
    assert len(_names(tmp_path / "out")) == 3


def test_outputs_that_are_there_are_kept_unless_told_otherwise(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _colorize(run, photos, "--out", out).exit_code == 0
    again = _colorize(run, photos, "--out", out)
    assert again.exit_code == 1
    assert "--overwrite" in str(again.exception)
    assert _colorize(run, photos, "--out", out, "--overwrite").exit_code == 0


def test_an_input_is_never_replaced(run: Path, photos: Path) -> None:
    before = (photos / "a.jpg").read_bytes()
    result = _colorize(run, photos / "a.jpg", "--out", photos, "--overwrite")
    assert "would replace an input" in str(result.exception)
    assert (photos / "a.jpg").read_bytes() == before


def test_a_run_alone_is_wrong_usage(run: Path, tmp_path: Path) -> None:
    result = _colorize(run, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "name the images" in result.stderr


def test_a_temperature_out_of_range_is_wrong_usage(run: Path, photos: Path, tmp_path: Path) -> None:
    assert _colorize(run, photos, "--out", tmp_path / "o", "--temperature", "0").exit_code == 2


def test_without_a_shipped_network_one_line_says_what_to_give(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colorunet.parameters.shipped.SHIPPED_NETWORK", "colorunet-absent")
    result = _colorize(photos / "a.jpg", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "colorunet RUN IMAGE" in str(result.exception)
