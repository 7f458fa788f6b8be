import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from colorcore import Palette, UvGrid, UvHistogram, uv_of_uint8
from colorfiles.engines.local import LocalEngine
from colorfiles.errors import ColorfilesError
from colorfiles.storage import Storage
from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.palettes.ceiling import Ceiling, best_ceiling
from dataprep.palettes.learning import PaletteSettings, count_colors, fit_palette, learn_palette
from dataprep.palettes.measures import prior_error
from dataprep.palettes.palette_file import read_palette
from dataprep.palettes.pixel_batches import PhotoBatch, batches_of, cut_to_batches
from dataprep.palettes.plot import palette_png
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards

HERE = LocalEngine(1)


def batches(folder: Path, size: int) -> list[PhotoBatch]:
    photos = PhotoFolder(folder).kept()
    source = Storage(str(folder))
    return [PhotoBatch(source, tuple(photos[i : i + size])) for i in range(0, len(photos), size)]


def run(*arguments: object) -> dict[str, object]:
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_counts_are_those_of_every_pixel_of_every_photo(photo_folder: Path) -> None:
    tasks = batches(photo_folder, 6)
    counted = count_colors(tasks, HERE).counts
    direct = UvHistogram.empty(UvGrid(21))
    for batch in tasks:
        for _, image in batch.images(256, {}):
            direct = direct.add(uv_of_uint8(np.asarray(image)))
    assert (counted.photos, counted.pixels) == (direct.photos, direct.pixels)
    moved = np.abs(counted.histogram(UvGrid(21)).counts - direct.counts).sum() / 2
    assert moved <= 1e-4 * direct.pixels  # colours on the very edge of a cell


def test_sums_are_exact_whatever_the_batches_and_workers(photo_folder: Path) -> None:
    one = count_colors(batches(photo_folder, 100), HERE).counts
    many = count_colors(batches(photo_folder, 3), LocalEngine(2)).counts
    assert np.array_equal(one.counts, many.counts)
    assert fit_palette(one, PaletteSettings()) == fit_palette(many, PaletteSettings())


def test_the_command_writes_the_palette_it_tells_of(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "palette.json"
    printed_json = run(
        "palette", photo_folder, "--bins", 16, "--out", out, "--seed", 3, "--workers", 1
    )
    palette = read_palette(str(out))
    assert (palette.n, palette.method, palette.fingerprint) == (
        16,
        "kmeans",
        printed_json["fingerprint"],
    )
    assert np.abs(palette.centers).sum(axis=1).min() == 0
    assert len(printed_json["weights"]) == 16
    assert float(np.dot(palette.prior, printed_json["weights"])) == pytest.approx(1)
    again = run("palette", photo_folder, "--bins", 16, "--out", out, "--seed", 3, "--overwrite")
    assert again == printed_json


def test_the_originals_grid_can_be_had(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "palette.json"
    command = ("palette", photo_folder, "--method", "grid", "--cells", 10, "--even-grid")
    run(*command, "--bins", 6, "--out", out)
    palette = read_palette(str(out))
    assert palette.parameters == {"cells": 10, "neutral_centered": False}
    assert np.allclose(np.abs(palette.centers).min(axis=0), [0.045, 0.065])


def test_auto_shows_a_row_for_every_candidate_and_takes_one_of_them(
    photo_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "palette.json"
    printed_json = run("palette", photo_folder, "--method", "auto", "--bins", 16, "--out", out)
    names = list(printed_json["ceilings"])
    assert names[0] == "the original's even grid of 10"
    assert names[-1] == "k-means"
    assert len(names) == 5
    assert printed_json["method"] in names
    rows = printed_json["ceilings"]
    assert rows["k-means"]["psnr_db"] > rows[names[0]]["psnr_db"]


def test_the_best_ceiling_is_not_one_that_fails_vivid_photos() -> None:
    def ceiling(psnr: float, psnr_p10: float, ratio: float, ratio_p10: float, colors: float):
        return Ceiling(100, psnr, psnr_p10, colors, 5.0, 30.0, ratio, ratio_p10)

    ceilings = {
        "vivid photos lost": ceiling(32.1, 21.2, 0.90, 0.68, 7.1),
        "even": ceiling(27.5, 26.1, 1.08, 0.99, 4.4),
        "balanced": ceiling(31.5, 28.2, 1.00, 0.95, 6.8),
    }
    assert best_ceiling(ceilings) == "balanced"


def test_the_prior_error_falls_with_the_root_of_the_number_of_photos() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(16, 2.0), size=4096)
    counts = (10_000 * shares).astype(np.int64)
    error = prior_error(counts, learnt_from=4096)
    assert error.photos == [2**k for k in range(12)]
    ratio = error.errors[4] / error.errors[8]
    assert ratio == pytest.approx(4, rel=0.2)
    truth = np.abs(counts.sum(axis=0) / counts.sum() - 1 / 16).sum() / 2
    assert 0.3 * truth < error.now < 3 * truth
    assert error.errors[7] * np.sqrt(error.photos[7] / error.photos_enough) == pytest.approx(
        0.02, rel=0.25
    )


def test_shards_are_counted_too_by_crop_or_by_bins(photo_folder: Path, tmp_path: Path) -> None:
    palette, _ = learn_palette(batches(photo_folder, 64), PaletteSettings(), engine=HERE)
    priors = {}
    for keep_rgb in (True, False):
        out = str(tmp_path / f"shards-{keep_rgb}")
        write_shards(
            PhotoFolder(photo_folder).kept(),
            Storage(str(photo_folder)),
            Storage(out),
            palette=palette,
            settings=ShardSettings(ViewSettings(size=128, keep_rgb=keep_rgb)),
            engine=HERE,
        )
        counts = count_colors(batches_of(out), HERE).counts
        train = list(Path(out).glob("train-*.tar"))
        assert counts.photos == sum(
            json.loads(row.with_suffix(".json").read_text())["nphotos"] for row in train
        )
        assert counts.pixels == counts.photos * 128 * 128
        bins = fit_palette(counts, PaletteSettings(method="grid", cells=5, bins=5))
        priors[keep_rgb] = np.sort(bins.prior)
    assert np.abs(priors[True] - priors[False]).sum() / 2 < 0.05


def test_photos_that_cannot_be_used_are_counted_by_reason(
    photo_folder: Path, tmp_path: Path
) -> None:
    first, second, *_ = PhotoFolder(photo_folder).kept()
    (tmp_path / "folder").mkdir()
    (tmp_path / second.path).write_bytes(b"no image")
    batch = PhotoBatch(Storage(str(tmp_path)), (first, second))
    with pytest.raises(DataprepError, match="no photo could be used"):
        count_colors([batch], HERE)
    (tmp_path / first.path).write_bytes(PhotoFolder(photo_folder).read(first))
    _, summary = learn_palette([batch], PaletteSettings(bins=4), engine=HERE)
    assert summary.skipped == {"undecodable": 1}


def test_more_bins_than_colours_is_one_clear_error(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), (200, 40, 40)).save(tmp_path / "red.png")
    from dataprep.sources.folder import import_folder

    import_folder(tmp_path, tmp_path / "photos")
    tasks = list(
        cut_to_batches(Storage(str(tmp_path / "photos")), PhotoFolder(tmp_path / "photos").kept())
    )
    with pytest.raises(DataprepError, match="cells with pixels, given 1"):
        learn_palette(tasks, PaletteSettings(), engine=HERE)


def test_an_existing_palette_is_refused_and_left_as_it_is(
    photo_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "p.json").write_text("mine")
    with pytest.raises(ColorfilesError, match="--overwrite"):
        run("palette", photo_folder, "--out", tmp_path / "p.json")
    assert (tmp_path / "p.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "expected a JSON object"),
        ('{"centers": [[0, 0], [0.1, 0]]}', "missing prior"),
        (
            '{"centers": [[0, 0], [0.1, 0]], "prior": [0.5, 0.5], "color_space": "cielab"}',
            "expected 'yuv-bt601-gamma', given 'cielab'",
        ),
        (
            '{"centers": [[0, 0], [0.1, 0]], "prior": [0.5, 0.5], "fingerprint": "abc"}',
            "fingerprint abc was written",
        ),
    ],
)
def test_a_palette_that_cannot_be_used_is_one_clear_error(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "p.json").write_text(content)
    with pytest.raises(ColorfilesError, match=message) as refused:
        read_palette(str(tmp_path / "p.json"))
    assert "p.json" in str(refused.value)
    with pytest.raises(ColorfilesError, match="make it with"):
        read_palette(str(tmp_path / "absent.json"))


@pytest.mark.parametrize("n", [2, 32])
def test_the_figure_has_every_bin_in_its_colour(n: int) -> None:
    pytest.importorskip("matplotlib")
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    centers = 0.2 * np.stack((np.cos(angles), np.sin(angles)), axis=-1)
    palette = Palette(centers=centers, prior=np.full(n, 1 / n))
    image = Image.open(io.BytesIO(palette_png(palette, lam=0.3)))
    colors = {color for _, color in image.convert("RGB").getcolors(1 << 24)}
    from colorcore import yuv_to_rgb

    swatches = yuv_to_rgb(np.concatenate((np.full((n, 1), 0.6), centers), axis=-1))
    for swatch in np.rint(255 * swatches).astype(int).tolist():
        assert any(max(abs(a - b) for a, b in zip(swatch, c, strict=True)) <= 1 for c in colors)


def test_a_figure_at_an_impossible_lambda_is_a_usage_error(
    photo_folder: Path, tmp_path: Path
) -> None:
    done = CliRunner().invoke(
        app, ["palette", str(photo_folder), "--out", str(tmp_path / "p.json"), "--lam", "1"]
    )
    assert done.exit_code == 2
    assert "'--lam': 1.0 is not in the range 0<x<1" in done.stderr
