"""Pages are whole in one file, whatever a run has written so far."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from colorunet.networks import NetworkSettings, build_network
from trainer.data.shard_set import ShardSet
from trainer.evaluation.result import ImageResult
from trainer.report import picture_samples, save_epoch_pictures, write_run_page
from trainer.report.confusion import confusion_picture
from trainer.report.panels import spread_keys
from trainer.report.ranked_photos import ranked_keys
from trainer.runs.metrics_log import read_metrics, series, smoothed

LINES = [
    {"step": 1, "loss": 3.2, "learning_rate": 1e-3, "images_per_s": 9.0},
    {"step": 2, "loss": 3.0, "learning_rate": 9e-4, "images_per_s": 11.0},
    {"step": 2, "val_loss": 3.1, "val_effective_colors_ratio": 0.4, "val_hue_family_recall": 0.2},
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "a <run>"
    folder.mkdir()
    text = "".join(json.dumps(line) + "\n" for line in LINES) + '{"step": 3, "lo'
    (folder / "metrics.jsonl").write_text(text)
    (folder / "recipe.toml").write_text("epochs = 2  # <b>not bold</b>\n")
    return folder


def test_a_run_page_shows_curves_recipe_and_the_same_photos_after_each_epoch(
    run: Path, make_shards: Callable[..., Path], tmp_path: Path
) -> None:
    shards = ShardSet.open(make_shards(tmp_path / "shards", train=(1,), val=(3,), size=32))
    network = build_network(NetworkSettings(width=8, depth=3), bins=shards.palette.n, size=32)
    network.train()
    for epoch in (1, 2):
        shown = save_epoch_pictures(
            run, epoch, picture_samples(shards), network=network, palette=shards.palette
        )
    assert shown.shape == (3, 128, 128, 3)
    assert network.training
    names = sorted(path.name for path in (run / "pictures").iterdir())
    assert names == ["epoch-001.png", "epoch-002.png", "gray.png", "truth.png"]
    page = write_run_page(run).read_text()
    assert page.count("data:image/") == 4
    assert "validation" in page
    assert "&lt;b&gt;not bold&lt;/b&gt;" in page
    assert "a &lt;run&gt;" in page
    for outside in ("<script src", "<link", "https://", 'src="http'):
        assert outside not in page
    assert "val_" not in page  # keys of the log have names
    assert "missed: at least 0.75 is asked" in page


def test_a_run_page_of_an_empty_run_says_that_nothing_is_logged(tmp_path: Path) -> None:
    assert "Nothing is logged yet" in write_run_page(tmp_path).read_text()


def test_a_split_without_samples_has_no_pictures(
    make_shards: Callable[..., Path], tmp_path: Path
) -> None:
    shards = ShardSet.open(make_shards(tmp_path / "shards", train=(1,), val=(), size=32))
    assert picture_samples(shards) == []


def test_a_line_of_the_log_that_a_kill_cut_short_is_left_out(run: Path) -> None:
    lines = read_metrics(run)
    assert len(lines) == 3
    assert series(lines, "loss") == [(1.0, 3.2), (2.0, 3.0)]
    assert series(lines, "absent") == []


def test_smoothing_keeps_the_mean_and_bounds_the_points() -> None:
    points = [(float(i), float(i % 7)) for i in range(1000)]
    thin = smoothed(points, 100)
    assert len(thin) == 100
    assert np.mean([y for _, y in thin]) == pytest.approx(np.mean([y for _, y in points]))


def test_images_are_ranked_from_worst_to_best() -> None:
    images = [
        ImageResult(f"k{number}", {"ratio": ratio})
        for number, ratio in enumerate((1.0, 0.1, 2.0, None, 0.9, 1.2, 0.5))
    ]
    ranked = ranked_keys(images, "ratio", "one")
    assert ranked["worst"][0] == "k1"
    assert ranked["best"][0] == "k0"
    assert "k3" not in {key for keys in ranked.values() for key in keys}


def test_a_confusion_is_dark_where_a_bin_was_given(small_palette) -> None:
    confusion = np.diag(np.full(small_palette.n, 10))
    pixels = np.asarray(confusion_picture(confusion, small_palette))
    cell = pixels.shape[0] // (small_palette.n + 2)
    middle = cell // 2
    assert pixels[2 * cell + middle, 2 * cell + middle].max() == 0
    assert pixels[2 * cell + middle, 5 * cell + middle].min() == 255


def test_keys_are_spread_evenly_and_never_repeat() -> None:
    keys = [str(i) for i in range(100)]
    assert spread_keys(keys, 3) == ["0", "50", "99"]
    assert spread_keys(keys[:2], 12) == ["0", "1"]


def test_prediction_is_shown_at_evaluation_not_training_mode() -> None:
    from colorcore import Palette
    from colorunet.coloring.colorizer import Colorizer

    network = torch.nn.Sequential(torch.nn.Dropout(0.9), torch.nn.Conv2d(1, 2, 1))
    palette = Palette(centers=np.array([[0.0, 0.0], [0.1, 0.1]]), prior=np.array([0.5, 0.5]))
    luma = np.full((8, 8), 200, dtype=np.uint8)
    colorizer = Colorizer(network, palette)
    np.testing.assert_array_equal(colorizer.chroma(luma), colorizer.chroma(luma))
