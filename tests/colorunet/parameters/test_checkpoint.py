"""Checkpoints come back as they were, and say what is wrong with them."""

import json
from pathlib import Path

import pytest
import torch

from colorcore import Palette
from colorunet.errors import ColorunetError
from colorunet.networks import NetworkSettings, build_network
from colorunet.parameters.checkpoint import load_run, save_parameters
from trainer.config.recipe import Recipe


def _run(folder: Path, palette: Palette) -> torch.nn.Module:
    folder.mkdir()
    recipe = Recipe(network=NetworkSettings(width=8, depth=3))
    network = build_network(recipe.network, bins=palette.n, size=32).eval()
    meta = {
        "step": 7,
        "size": 32,
        "palette": palette.to_dict(),
        "recipe": recipe.to_dict(),
    }
    for name in ("best", "last"):
        save_parameters(folder, name, network.state_dict(), meta)
    return network


def test_a_network_comes_back_bit_equal(tmp_path: Path, small_palette: Palette) -> None:
    network = _run(tmp_path / "run", small_palette)
    trained = load_run(tmp_path / "run")
    luma = torch.rand(2, 1, 32, 32)
    with torch.inference_mode():
        assert torch.equal(network(luma), trained.network(luma))
    assert not trained.network.training
    assert trained.palette == small_palette
    assert trained.settings.width == 8
    assert trained.meta["step"] == 7


def test_a_folder_without_checkpoint_says_so(tmp_path: Path) -> None:
    with pytest.raises(ColorunetError, match=r"best.json.*not a run of `trainer fit`"):
        load_run(tmp_path)


def test_a_changed_palette_is_refused(tmp_path: Path, small_palette: Palette) -> None:
    _run(tmp_path / "run", small_palette)
    path = tmp_path / "run" / "best.json"
    meta = json.loads(path.read_text())
    meta["palette"]["centers"][1][0] += 0.01
    path.write_text(json.dumps(meta))
    with pytest.raises(ColorunetError, match="changed by hand or damaged"):
        load_run(tmp_path / "run")


def test_parameters_of_another_network_are_refused(tmp_path: Path, small_palette: Palette) -> None:
    _run(tmp_path / "run", small_palette)
    path = tmp_path / "run" / "best.json"
    meta = json.loads(path.read_text())
    meta["recipe"]["network"]["width"] = 16
    path.write_text(json.dumps(meta))
    with pytest.raises(ColorunetError, match="come from different runs"):
        load_run(tmp_path / "run")


def test_a_damaged_file_is_refused_without_unpickling(
    tmp_path: Path, small_palette: Palette
) -> None:
    _run(tmp_path / "run", small_palette)
    torch.save({"a": torch.zeros(1)}, tmp_path / "run" / "last.safetensors")
    with pytest.raises(ColorunetError, match="not a whole safetensors file"):
        load_run(tmp_path / "run", "last")
