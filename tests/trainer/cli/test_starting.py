"""A start that fails says why in a line and leaves nothing that blocks the next."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from colorfiles.errors import ForeignFile
from trainer.cli import app
from trainer.config.keys import recipe_keys
from trainer.config.recipe import Recipe, recipe_names
from trainer.errors import TrainerError
from trainer.runs.folder import RunFolder

Make = Callable[..., Path]
TINY = "width=8 depth=3 epochs=1 batch_size=4 crop=0 workers=0 threads=1"
SETS = [word for key in TINY.split() for word in ("--set", key)]


@pytest.fixture(scope="module")
def shards(make_shards: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shards(tmp_path_factory.mktemp("starting") / "s")


def _fit(*arguments: object) -> None:
    words = ["fit", *map(str, arguments), *SETS]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.fixture
def broken(shards: Path, tmp_path: Path) -> Path:
    """A shard set whose checksums hold and whose training samples can't be decoded."""
    folder = tmp_path / "broken"
    shutil.copytree(shards, folder)
    index = json.loads((folder / "index.json").read_text())
    for entry in index["shardlist"]:
        if entry["split"] == "train":
            data = (folder / entry["file"]).read_bytes().replace(b"\xff\xd8\xff", b"bad")
            (folder / entry["file"]).write_bytes(data)
            entry["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def test_a_fit_that_fails_before_its_first_checkpoint_leaves_no_folder(
    shards: Path, broken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    with pytest.raises(TrainerError, match="demo-train"):
        _fit(broken, "--out", out)
    assert not out.exists()
    _fit(shards, "--out", out)


def test_a_fit_that_was_killed_before_its_first_checkpoint_blocks_no_other(
    shards: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    recipe = Recipe().with_overrides(["epochs=3"])
    RunFolder.create(out, recipe, overwrite=False).log({"step": 1, "loss": 3.0})
    _fit(shards, "--out", out)  # with another recipe
    assert RunFolder(out).recipe().epochs == 1
    assert '"step": 1, "epoch"' in (out / "metrics.jsonl").read_text()


def test_a_recipe_of_ones_own_in_a_folder_is_no_run_to_clear(shards: Path, tmp_path: Path) -> None:
    mine = tmp_path / "run" / "recipe.toml"
    mine.parent.mkdir()
    mine.write_text("epochs = 5  # mine\n")
    with pytest.raises(ForeignFile, match=r"recipe\.toml"):
        _fit(shards, "--out", mine.parent)
    assert mine.read_text() == "epochs = 5  # mine\n"


@pytest.mark.parametrize("device", ["cuda", "nonsense", "meta"])
def test_a_device_that_is_not_there_is_said_in_a_line(
    shards: Path, tmp_path: Path, device: str
) -> None:
    import torch

    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(TrainerError, match=f"--device {device}: torch .* finds none here"):
        _fit(shards, "--out", tmp_path / "run", "--device", device)
    assert not (tmp_path / "run").exists()


def test_a_dry_run_of_what_no_memory_holds_exits_1(shards: Path, tmp_path: Path) -> None:
    words = ["--out", tmp_path / "run", "--dry-run", *SETS, "--set", "batch_size=2000000000"]
    result = CliRunner().invoke(app, ["fit", *map(str, [shards, *words])])
    assert isinstance(result.exception, TrainerError)  # which every command line shows, and exits 1
    assert "MiB; lower batch_size" in str(result.exception)
    assert result.stdout == ""


@pytest.mark.parametrize("value", ["0", "256", "x"])
def test_a_number_of_bins_that_no_palette_has_is_wrong_usage(value: str) -> None:
    result = CliRunner().invoke(app, ["networks", "--bins", value])
    assert result.exit_code == 2
    assert "--bins" in result.output


def test_whoever_shares_the_group_can_read_a_run(shards: Path, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        _fit(shards, "--out", tmp_path / "run", "--tensorboard")
    finally:
        os.umask(before)
    modes = {
        path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777
        for path in (tmp_path / "run").rglob("*")
    }
    assert len(modes) > 10
    assert {name: oct(mode) for name, mode in modes.items() if mode not in (0o640, 0o750)} == {}


def test_recipes_are_listed_with_every_key_and_what_it_is() -> None:
    result = CliRunner().invoke(app, ["recipes", "--json"])
    content = json.loads(result.stdout)
    assert list(content["recipes"]) == recipe_names()
    assert all(content["recipes"].values())
    for key in recipe_keys():
        assert key.meaning, key
        value = str(key.default).lower() if isinstance(key.default, bool) else key.default
        Recipe().with_overrides([f"{key.key}={value}"])  # --set knows it by this name
    text = CliRunner().invoke(app, ["recipes"]).stdout
    assert max(map(len, text.splitlines()[12:])) <= 100
    assert "learning_rate = 0.001" in text


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_printed_to_begin_ones_own_with(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CliRunner().invoke(app, ["recipes", name]).stdout)
    assert Recipe.load(str(path)) == Recipe.load(name)


def test_a_pipe_in_place_of_a_checkpoint_is_not_waited_for(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    _fit(shards, "--out", out)
    (out / "last.json").unlink()
    os.mkfifo(out / "last.json")
    words = [sys.executable, "-m", "trainer", "fit", shards, "--out", out, *SETS]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert (out / "last.json").is_file()  # as there was no checkpoint, it began anew
