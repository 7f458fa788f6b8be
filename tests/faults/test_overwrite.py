"""``--overwrite`` deletes what the command itself wrote, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from colorfiles.errors import ForeignFile
from colorfiles.storage import Storage
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards
from dataprep.sources.folder import import_folder
from trainer.config.recipe import Recipe
from trainer.runs.folder import RunFolder


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_fit_never_deletes_the_shards_that_it_trains_on(
    tmp_path, run, one_line, make_shards
) -> None:
    shards = make_shards(tmp_path / "shards")
    (shards / "recipe.toml").write_text("epochs = 1\n")
    before = _content(shards)
    options = ("--out", shards, "--overwrite", "--recipe", "small", "--device", "cpu")
    done = run("trainer", "fit", shards, *options)
    assert "is there already and not a file that this command writes" in one_line(done, code=3)
    assert _content(shards) == before


@pytest.mark.parametrize("foreign", ["thesis.txt", "pictures/holiday.png", "other/best.json"])
def test_a_run_with_anything_else_in_it_is_left_alone(tmp_path: Path, foreign: str) -> None:
    folder = tmp_path / "run"
    RunFolder.create(folder, Recipe(), overwrite=False)
    (folder / "best.safetensors").write_bytes(b"parameters")
    (folder / foreign).parent.mkdir(exist_ok=True)
    (folder / foreign).write_text("mine")
    before = _content(folder)
    with pytest.raises(ForeignFile, match=r"run/.*: is there already"):
        RunFolder.create(folder, Recipe(), overwrite=True)
    assert _content(folder) == before


def test_a_run_alone_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    RunFolder.create(folder, Recipe(), overwrite=False)
    own = ["best.safetensors", "best.json", "epoch-0001.safetensors", "optim-last.safetensors"]
    own += ["report.html", "pictures/truth.png", "pictures/epoch-001.png"]
    own += [
        "tensorboard/events.out.tfevents.1.host.2.0",
        ".colorunet.0123456789abcdef.tmp",
    ]
    for name in own:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"old")
    RunFolder.create(folder, Recipe(), overwrite=True)
    assert sorted(_content(folder)) == ["metrics.jsonl", "recipe.toml"]


def test_somebody_s_recipe_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("# mine\nepochs = 3\n")
    with pytest.raises(ForeignFile, match=r"recipe\.toml: is there already"):
        RunFolder.create(tmp_path, Recipe(), overwrite=True)
    assert (tmp_path / "recipe.toml").read_text().startswith("# mine")


def test_a_fit_replaces_no_checkpoint_that_lies_in_a_folder_without_a_run(tmp_path: Path) -> None:
    (tmp_path / "best.safetensors").write_bytes(b"mine")
    with pytest.raises(ForeignFile, match=r"best\.safetensors: is there already"):
        RunFolder.create(tmp_path, Recipe(), overwrite=False)


@pytest.fixture(scope="module")
def photos(noise_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("photos")
    import_folder(noise_tree, out)
    return out


def _shard(photos: Path, out: Path, palette: Palette, existing: str = "overwrite") -> None:
    write_shards(
        PhotoFolder(photos).kept()[:6],
        Storage(str(photos)),
        Storage(str(out)),
        palette=palette,
        settings=ShardSettings(ViewSettings(size=32, views=1)),
        engine=LocalEngine(1),
        existing=existing,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("name", ["train-000000.tar", "index.json", "val-000001.json", "notes.md"])
def test_files_that_another_tool_calls_alike_are_not_deleted(
    tmp_path: Path, photos: Path, small_palette: Palette, name: str
) -> None:
    (tmp_path / name).write_bytes(b'{"a": "web site"}')
    with pytest.raises(ForeignFile, match="is there already"):
        _shard(photos, tmp_path, small_palette)
    assert _content(tmp_path) == {name: b'{"a": "web site"}'}


def test_what_a_kill_left_of_a_shard_set_is_replaced(
    tmp_path: Path, photos: Path, small_palette: Palette
) -> None:
    whole = tmp_path / "whole"
    _shard(photos, whole, small_palette, "refuse")
    left = tmp_path / "left"
    left.mkdir()
    for name in ("train-000000.tar", "train-000001.tar", "train-000001.parquet"):
        shutil.copy(whole / name, left)
    _shard(photos, left, small_palette)
    assert _content(left) == _content(whole)


def test_photos_are_not_overwritten_by_shards_of_them(
    tmp_path: Path, photos: Path, small_palette: Palette
) -> None:
    copy = shutil.copytree(photos, tmp_path / "photos")
    before = _content(copy)
    with pytest.raises(ForeignFile, match="is there already"):
        _shard(copy, copy, small_palette)
    assert _content(copy) == before


@pytest.mark.parametrize("option", ["--out", "--plot"])
def test_a_palette_replaces_palettes_and_its_figure_figures_only(
    tmp_path, run, one_line, photos, option
) -> None:
    (tmp_path / "mine").write_text('{"thesis": 1}')
    outputs = {"--out": tmp_path / "palette.json"} | {option: tmp_path / "mine"}
    arguments = [word for pair in outputs.items() for word in pair]
    done = run(
        "dataprep", "palette", photos, "--bins", 4, "--workers", 1, "--overwrite", *arguments
    )
    assert "not a file that this command writes" in one_line(done, code=3)
    assert (tmp_path / "mine").read_text() == '{"thesis": 1}'


def test_the_demo_deletes_nothing_that_no_demo_made(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"mine")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "tools" / "demo.py"), "--out", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": f"{root / 'experiments'}:{root / 'packages'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no demo made this" in done.stderr
    assert (tmp_path / "photos" / "holiday.jpg").exists()


@pytest.fixture(scope="module")
def two_photos(tmp_path_factory: pytest.TempPathFactory, demo_photos: Path) -> Path:
    folder = tmp_path_factory.mktemp("two")
    for name in ("coffee.png", "chelsea.png"):
        with Image.open(demo_photos / "skimage" / name) as image:
            image.convert("L").resize((96, 64)).save(folder / f"{name[:-4]}.jpg")
    return folder


@pytest.mark.parametrize("mark", ["", "--no-mark"])
@pytest.mark.parametrize("overwrite", ["", "--overwrite"])
def test_no_photo_of_a_stranger_is_replaced_or_taken_for_an_output(
    tmp_path: Path, run, two_photos: Path, mark: str, overwrite: str
) -> None:
    out = tmp_path / "out"
    words = ["colorunet", two_photos, "-o", out, "--network", "colorunet-small", "--json"]
    words += [option for option in (mark, overwrite) if option]
    for name, content in {
        "coffee.jpg": (two_photos / "coffee.jpg").read_bytes(),
        "chelsea.jpg": b'{"a": 1}',
    }.items():
        out.mkdir(exist_ok=True)
        (out / name).write_bytes(content)
    before = _content(out)
    done = run(*words)
    kept = mark == "--no-mark" and not overwrite  # a whole photo is kept as it is
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["skipped"] == (1 if kept else 2)
    for name in ("chelsea.jpg",) if kept else ("chelsea.jpg", "coffee.jpg"):
        assert f"{out / name}: is there already and not a file that this" in done.stderr
    after = _content(out)
    after.pop("manifest.jsonl", None)
    assert after == before


@pytest.mark.parametrize("mark", ["", "--no-mark"])
def test_outputs_with_a_mark_or_in_the_manifest_are_known_and_replaced(
    tmp_path: Path, run, two_photos: Path, mark: str
) -> None:
    words = ["colorunet", two_photos, "-o", tmp_path / "out", "--network", "colorunet-small"]
    words += ["--compare", "--json", *([mark] if mark else [])]
    first, again, anew = (
        json.loads(run(*words, *more).stdout) for more in ((), (), ("--overwrite",))
    )
    assert (first["colorized"], again["kept"], anew["colorized"]) == (2, 2, 2)
