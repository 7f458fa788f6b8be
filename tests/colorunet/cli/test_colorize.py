"""``trainer colorize`` as a user types it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from colorcore import Palette
from colorunet.cli import app as colorunet_app
from colorunet.evidence.network_mark import parameters_sha256
from colorunet.evidence.reading import is_marked, read_mark
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
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def test_a_folder_is_coloured_without_one_output_replacing_another(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = _colorize(run, photos, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    assert _names(out) == ["a.jpg", "b.png", "more/a.jpg"]
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
    result = _colorize(run, photos, "--out", tmp_path / "out")
    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{photos / 'broken.jpg'}: undecodable: ")
    assert len(_names(tmp_path / "out")) == 3


def test_a_stopped_batch_goes_on_and_makes_what_is_cut_anew(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _colorize(run, photos, "--out", out).exit_code == 0
    (out / "b.png").unlink()
    whole = (out / "a.jpg").read_bytes()
    (out / "a.jpg").write_bytes(whole[: len(whole) // 2])
    kept = (out / "more" / "a.jpg").stat()
    again = _colorize(run, photos, "--out", out, "--json")
    assert again.exit_code == 0
    told = json.loads(again.stdout)
    assert (told["colorized"], told["kept"], told["skipped"]) == (2, 1, 0)
    assert (out / "a.jpg").read_bytes() == whole
    assert (out / "more" / "a.jpg").stat().st_mtime_ns == kept.st_mtime_ns
    assert "3 kept" in _colorize(run, photos, "--out", out).stdout
    anew = _colorize(run, photos, "--out", out, "--overwrite", "--json")
    assert json.loads(anew.stdout)["colorized"] == 3


def test_what_cannot_be_written_costs_one_line_and_the_others_go_on(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "more").write_bytes(b"a file where a folder is wanted")
    result = _colorize(run, photos, "--out", out)
    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{photos / 'more' / 'a.jpg'}: can't be written: ")
    assert _names(out) == ["a.jpg", "b.png", "more"]


def test_a_path_that_does_not_exist_is_wrong_usage_before_anything(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    for paths in ((run, photos, tmp_path / "gone.png"), (tmp_path / "missingrun", photos)):
        result = _colorize(*paths, "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert "no such file or folder" in result.stderr
        assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_run_is_not_taken_for_the_shipped_one(
    photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "runs" / "inner").mkdir(parents=True)
    result = _colorize(tmp_path / "runs", photos, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "neither a run nor a folder with images" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_mistyped_command_is_named(photos: Path) -> None:
    for line, words in (
        (colorunet_app, ["colorise"]),
        (colorunet_app, ["colourize", str(photos)]),
        (app, ["colorise", str(photos)]),
    ):
        result = CliRunner().invoke(line, words)
        assert result.exit_code == 2
        assert "did you mean colorize?" in result.stderr


def test_one_photo_may_go_to_a_file_that_is_named(run: Path, photos: Path, tmp_path: Path) -> None:
    for name, format_name in (("c1.jpg", "JPEG"), ("c2.tif", "TIFF"), ("new/c3.webp", "WEBP")):
        assert _colorize(run, photos / "b.png", "-o", tmp_path / name).exit_code == 0
        with Image.open(tmp_path / name) as image:
            assert (image.format, image.size) == (format_name, (96, 64))


def test_every_page_is_coloured_at_its_own_size(run: Path, photos: Path, tmp_path: Path) -> None:
    gray = Image.open(photos / "b.png").convert("L")
    pages = [gray, gray.rotate(90, expand=True), gray.resize((50, 40))]
    pages[0].save(tmp_path / "album.tif", save_all=True, append_images=pages[1:])
    assert _colorize(run, tmp_path / "album.tif", "-o", tmp_path / "out").exit_code == 0
    with Image.open(tmp_path / "out" / "album.tif") as image:
        assert image.n_frames == 3
        for number, page in enumerate(pages):
            image.seek(number)
            luma = np.asarray(image.convert("L")).astype(int)
            assert np.abs(luma - np.asarray(page)).max() <= 1
    named = _colorize(run, tmp_path / "album.tif", "-o", tmp_path / "c1.jpg")
    assert "JPEG can't hold the pages after the first of 3" in named.stderr


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_every_frame_is_coloured_and_shown_as_long(
    suffix: str, run: Path, photos: Path, tmp_path: Path
) -> None:
    gray = Image.open(photos / "b.png").convert("L")
    frames = [gray.point(lambda level, k=k: level // k) for k in (1, 2, 4)]
    path = tmp_path / f"moves{suffix}"
    shown_ms = [120, 250, 80]
    gray.save(path, save_all=True, append_images=frames[1:], duration=shown_ms, loop=3)
    result = _colorize(run, path, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["images"][0]["pages"] == 3
    with Image.open(tmp_path / "out" / path.name) as image:
        assert image.n_frames == 3
        assert image.info["loop"] == 3
        for number, frame in enumerate(frames):
            image.seek(number)
            image.load()
            assert image.info["duration"] == shown_ms[number]
            rgb = np.asarray(image.convert("RGB")).astype(int)
            assert np.abs(np.asarray(image.convert("L")) - np.asarray(frame).astype(int)).mean() < 6
            assert np.ptp(rgb, axis=-1).max() > 5


def test_assumed_bits_are_told_and_an_option_decides(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    levels = np.asarray(Image.open(photos / "b.png").convert("L")).astype(np.uint16) * 16 + 15
    Image.fromarray(levels).save(tmp_path / "deep.tif")
    told = _colorize(run, tmp_path / "deep.tif", "-o", tmp_path / "out")
    assert "taken as 12 significant bits" in told.stderr
    with Image.open(tmp_path / "out" / "deep.tif") as image:
        assert image.tag_v2[258] == (16, 16, 16)
    plain = ("--significant-bits", "16", "--overwrite")
    dark = _colorize(run, tmp_path / "deep.tif", "-o", tmp_path / "out", *plain)
    assert dark.stderr == ""
    with Image.open(tmp_path / "out" / "deep.tif") as image:
        assert np.asarray(image).max() < 40


def test_a_comparison_shows_gray_and_colour(run: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _colorize(run, photos / "b.png", "-o", out, "--compare").exit_code == 0
    assert _names(out) == ["b-compare.jpg", "b.png"]
    with Image.open(out / "b-compare.jpg") as image:
        both = np.asarray(image).astype(int)
    assert both.shape == (64, 2 * 96 + 8, 3)
    assert np.ptp(both[:, :90], axis=-1).max() <= 6
    assert np.ptp(both[:, 110:], axis=-1).max() > 12


def test_words_for_the_look_change_what_they_say(run: Path, photos: Path, tmp_path: Path) -> None:
    def mean(*options: str) -> np.ndarray:
        arguments = (run, photos / "a.jpg", "-o", tmp_path / "c.png", "--overwrite", *options)
        result = _colorize(*arguments)
        assert result.exit_code == 0, result.output
        return np.asarray(Image.open(tmp_path / "c.png")).astype(float)

    plain, warm, cool = mean(), mean("--warmth", "1"), mean("--warmth", "-1")
    redness = [(rgb[..., 0] - rgb[..., 2]).mean() for rgb in (cool, plain, warm)]
    assert redness == sorted(redness)
    assert redness[2] - redness[0] > 20
    spreads = [np.ptp(mean("--vividness", each), axis=-1).mean() for each in ("0", "0.5", "1")]
    assert spreads == sorted(spreads)
    assert spreads[2] > 1.2 * spreads[0]
    original = np.asarray(Image.open(photos / "a.jpg")).astype(float)
    assert np.abs(mean("--strength", "0") - original).max() <= 2
    half = mean("--strength", "0.5")
    assert np.abs(half - original).mean() < np.abs(plain - original).mean()


def test_one_way_to_say_how_vivid_is_enough(run: Path, photos: Path, tmp_path: Path) -> None:
    both = ("--vividness", "1", "--temperature", "1")
    assert _colorize(run, photos, "-o", tmp_path / "out", *both).exit_code == 2


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
    monkeypatch.setattr("colorunet.parameters.shipped.files", lambda _: tmp_path)
    result = _colorize(photos / "a.jpg", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "colorunet RUN IMAGE" in str(result.exception)


def test_outputs_are_marked_unless_that_is_left_out(
    run: Path, photos: Path, tmp_path: Path
) -> None:
    marked, plain = tmp_path / "marked", tmp_path / "plain"
    assert _colorize(run, photos / "a.jpg", "--out", marked, "--compare").exit_code == 0
    assert _colorize(run, photos / "a.jpg", "--out", plain, "--no-mark").exit_code == 0
    mark = read_mark(marked / "a.jpg")
    assert mark is not None
    assert (mark.network, mark.network_sha256) == ("run", parameters_sha256(run))
    assert is_marked(marked / "a-compare.jpg")
    assert not is_marked(plain / "a.jpg")
    pixels = [np.asarray(Image.open(folder / "a.jpg")) for folder in (marked, plain)]
    assert (pixels[0] == pixels[1]).all()


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_a_photo_is_coloured_without_standard_streams(
    closed: str, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    command = [sys.executable, "-m", "colorunet", str(photos / "b.png"), "-o", str(out)]
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *command], check=False)
    assert done.returncode == 0
    with Image.open(out) as image:
        assert image.size == (96, 64)
        image.load()
