import dataclasses
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image

from colorcore import Palette, rgb_to_yuv, uv_to_bins
from colorfiles.errors import ColorfilesError
from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.inspection.contact_sheet import color_from_bins, contact_sheet_png
from dataprep.inspection.samples import inspect_shards, spread_samples
from dataprep.palettes.ceiling import image_ceiling, summarize_ceilings
from dataprep.shards.shard_set import ShardSet


@pytest.fixture
def opened(sound_set: Path) -> ShardSet:
    return ShardSet.open(str(sound_set))


def test_counts_are_those_of_the_tables(opened: ShardSet) -> None:
    result = inspect_shards(opened)
    for split, facts in result.splits.items():
        tables = [opened.table(entry) for entry in opened.of_split(split)]
        keys = [key for table in tables for key in table["photo_key"].to_pylist()]
        assert (facts.samples, facts.photos) == (len(keys), len(set(keys)))
    assert result.bytes == sum(
        path.stat().st_size for path in Path(opened.storage.address).glob("*.tar")
    )
    pixels = sum(facts.samples for facts in result.splits.values()) * 64 * 64
    assert sum(result.bin_counts) == pixels
    assert result.licenses == {"not stated": sum(facts.photos for facts in result.splits.values())}


def test_licences_are_counted_in_photos(sound_set: Path, tmp_path: Path) -> None:
    shutil.copytree(sound_set, tmp_path / "set")
    path = tmp_path / "set" / "train-000000.parquet"
    rows = [
        row | {"license_name": "CC BY 4.0", "license_url": "https://example.org/by"}
        for row in pq.read_table(path).to_pylist()
    ]
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
    result = inspect_shards(ShardSet.open(str(tmp_path / "set")))
    assert result.licenses["CC BY 4.0"] == len({row["photo_key"] for row in rows})
    assert result.license_urls == {"CC BY 4.0": "https://example.org/by"}


def test_the_ceiling_of_an_image_in_the_palettes_own_colors_is_the_truth() -> None:
    rgb = np.array([[[255, 0, 0], [0, 0, 255]], [[0, 128, 0], [255, 255, 255]]], dtype=np.uint8)
    centers = rgb_to_yuv(rgb.reshape(-1, 3) / 255.0)[:, 1:]
    palette = Palette(centers=centers, prior=np.full(4, 0.25))
    bins = np.arange(4, dtype=np.uint8).reshape(2, 2)
    result = image_ceiling(rgb, bins, palette)
    assert result.psnr_db == 100
    assert result.colorfulness_ratio == pytest.approx(1)
    assert result.effective_colors == pytest.approx(4)
    assert result.distinct_colors == 4


def test_the_ceiling_of_a_palette_near_neutral_is_gray() -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    palette = Palette(centers=np.array([[0, 0], [0.001, 0]]), prior=np.array([0.5, 0.5]))
    bins = uv_to_bins(rgb_to_yuv(rgb / 255.0)[..., 1:], palette).astype(np.uint8)
    result = image_ceiling(rgb, bins, palette)
    assert result.colorfulness_ratio is not None
    assert result.colorfulness_ratio < 0.05


def test_a_gray_image_has_no_colorfulness_ratio() -> None:
    palette = Palette(centers=np.array([[0, 0], [0.1, 0]]), prior=np.array([0.5, 0.5]))
    rgb = np.repeat(np.arange(64, dtype=np.uint8).reshape(8, 8, 1), 3, axis=2)
    result = image_ceiling(rgb, np.zeros((8, 8), np.uint8), palette)
    assert result.colorfulness_ratio is None
    assert summarize_ceilings([result]).colorfulness_ratio is None


def test_a_set_without_val_and_test_has_no_ceiling(opened: ShardSet) -> None:
    train = tuple(entry for entry in opened.shards if entry.split == "train")
    assert inspect_shards(dataclasses.replace(opened, shards=train)).ceiling is None


def test_the_ceiling_is_measured_on_val_and_test(opened: ShardSet) -> None:
    held_out = sum(entry.nsamples for entry in opened.shards if entry.split != "train")
    ceiling = inspect_shards(opened).ceiling
    assert ceiling is not None
    assert ceiling.images == held_out
    assert 15 < ceiling.psnr_db < 60
    assert 1 <= ceiling.effective_colors <= 9


def test_samples_are_spread_over_shards_and_photos(opened: ShardSet) -> None:
    shown = list(spread_samples(opened, "train", 8))
    photos = [result.key.rpartition("-v")[0] for result in shown]
    assert len(photos) == len(set(photos)) == 8
    files = {entry.file for entry in opened.of_split("train")}
    tables = {entry.file: opened.table(entry)["sample_key"].to_pylist() for entry in opened.shards}
    assert {f for f, keys in tables.items() if set(keys) & {s.key for s in shown}} == files


def test_the_contact_sheet_shows_luma_beside_the_colors_of_the_bins(opened: ShardSet) -> None:
    sheet = np.asarray(Image.open(io.BytesIO(contact_sheet_png(opened))), dtype=np.int32)
    left, right = sheet[36:208, 12:184], sheet[36:208, 194:366]
    assert np.ptp(left, axis=-1).max() == 0
    assert np.ptp(right, axis=-1).max() > 20
    assert np.abs(left.mean(axis=-1) - right.mean(axis=-1)).mean() < 25


def test_color_from_bins_keeps_luma_where_rgb_has_the_color() -> None:
    palette = Palette(centers=np.array([[0, 0], [0.05, 0.05]]), prior=np.array([0.5, 0.5]))
    luma = np.full((4, 4), 128, np.uint8)
    rgb = color_from_bins(luma, np.ones((4, 4), np.uint8), palette)
    assert np.abs(rgb_to_yuv(rgb / 255.0)[..., 0] * 255 - 128).max() < 1


def test_the_command_prints_a_table_or_one_object(sound_set: Path, tmp_path: Path) -> None:
    runner, sheet = CliRunner(), tmp_path / "out" / "sheet.png"
    text = runner.invoke(app, ["inspect", str(sound_set), "--contact-sheet", str(sheet)])
    assert text.exit_code == 0
    assert "palette's ceiling (medians of" in text.stdout
    assert sheet.read_bytes().startswith(b"\x89PNG")
    reply = runner.invoke(app, ["inspect", str(sound_set), "--json"])
    content = json.loads(reply.stdout)
    assert content["splits"]["train"]["samples"] > content["splits"]["val"]["samples"] > 0
    assert content["ceiling"]["psnr_db"] > 0


def test_a_page_bears_what_it_was_made_from_and_needs_nothing_outside(
    sound_set: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    first = CliRunner().invoke(app, ["inspect", str(sound_set), "--html", str(page)])
    assert first.exit_code == 0, first.output
    assert f"written: {page}" in first.stderr
    text = page.read_text(encoding="utf-8")
    for outside in ("<script src", "<link", 'src="http'):
        assert outside not in text
    assert text.count("data:image/jpeg") >= 3
    before = page.stat().st_mtime_ns
    again = CliRunner().invoke(app, ["inspect", str(sound_set), "--html", str(page)])
    assert again.exit_code == 0
    assert page.stat().st_mtime_ns == before
    page.write_text("mine")
    refused = CliRunner().invoke(app, ["inspect", str(sound_set), "--html", str(page)])
    assert isinstance(refused.exception, ColorfilesError)
    assert page.read_text() == "mine"


def test_the_old_name_of_an_option_still_works_and_says_the_new_one(
    sound_set: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    done = CliRunner().invoke(app, ["inspect", str(sound_set), "--contact", str(sheet)])
    assert done.exit_code == 0
    assert sheet.is_file()
    assert "--contact is called --contact-sheet now" in done.stderr


def test_a_contact_sheet_is_not_overwritten_unasked(sound_set: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    sheet.write_text("mine")
    refused = CliRunner().invoke(app, ["inspect", str(sound_set), "--contact-sheet", str(sheet)])
    assert isinstance(refused.exception, ColorfilesError)
    assert sheet.read_text() == "mine"


@pytest.mark.parametrize("name", ["val-000000.tar", "val-000000.parquet"])
def test_a_damaged_set_is_told_of_in_one_line(sound_set: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(sound_set, tmp_path / "set")
    path = tmp_path / "set" / name
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(DataprepError, match="dataprep verify"):
        inspect_shards(ShardSet.open(str(tmp_path / "set")))
